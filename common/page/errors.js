// What does not hold, and marking of sentences. Like every sentence of the product, these are English here; their Chinese
// comes from the one catalogue and is put beside the script when the page is put together (see __init__.py).

/** Marks a sentence for the catalogue and leaves it as it is. */
const N_ = (text) => text;

/** Something that does not hold: a sentence and what fills it. */
class Broken extends Error {
  constructor(text, params = {}) {
    super(text);
    this.text = text;
    this.params = params;
  }
}

/** What is wrong within something larger: `why` as a sentence of its own, for `params`. */
const why = (error) => {
  if (error instanceof Broken) return { text: error.text, params: error.params };
  throw error;
};

function must(holds, text, params) {
  if (!holds) throw new Broken(text, params);
}

/** A function's answer, or what it says that does not hold, in `problems`; anything else that it throws is a bug. */
async function collect(problems, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    problems.push(error);
    return undefined;
  }
}
