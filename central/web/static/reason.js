// The form that asks why somebody looks: words alone are another reason, and what would be refused is said before it is
// sent, so that the way back never leads to an answer that is not kept.
for (const form of document.querySelectorAll("form.reason")) {
  const words = form.elements.why, choices = [...form.querySelectorAll("[name=reason]")];
  const other = choices.find((one) => one.value === "other");

  const check = () => words.setCustomValidity(other.checked && !words.value.trim() ? form.dataset.needs : "");

  for (const one of choices) { one.required = true; one.addEventListener("change", check); }
  words.addEventListener("input", () => {
    if (words.value.trim() && !choices.some((one) => one.checked)) { other.checked = true; }
    check();
  });
  check();
}
