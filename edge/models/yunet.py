"""YuNet for pictures of any size. The file of 2023 says 640 x 640; its net is fully convolutional and can do any.

OpenCV's own engine overrides the size, ONNX Runtime does not (opencv/opencv#28769). The opencv_zoo did the same to the
file when it made face_detection_yunet_2026may.onnx of it: only the sizes that the graph tells of are replaced.
"""
from __future__ import annotations

import onnx


def free_size(data: bytes) -> bytes:
    """The model with height and width left open; as it is when they are already, or when it is no ONNX model."""
    try:
        graph = (model := onnx.load_model_from_string(data)).graph
    except Exception:  # protobuf's own; ONNX Runtime will refuse the file by its name
        return data
    sides = [value.type.tensor_type.shape.dim for value in graph.input if len(value.type.tensor_type.shape.dim) == 4]
    if len(sides) != 1 or not sides[0][2].dim_value or not sides[0][3].dim_value:
        return data
    sides[0][2].dim_param, sides[0][3].dim_param = "height", "width"
    for output in graph.output:
        for axis in output.type.tensor_type.shape.dim[1:2]:
            axis.dim_param = f"anchors_{output.name}"
    del graph.value_info[:]
    return bytes(model.SerializeToString())
