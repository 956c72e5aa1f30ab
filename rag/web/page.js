// Runs once for each element whose HTML the server makes: the conversation and the source sheet.
async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const label = button.textContent;
  if (label !== button.dataset.done) {
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 1500);
  }
}

function edit(question) {
  const box = document.querySelector("#question textarea");
  box.value = question;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { open, copy: copied, edit: edited, ask: asked, close } = button.dataset;
  if (copied !== undefined) copy(button);
  else if (edited !== undefined) edit(edited);
  else if (asked !== undefined) trigger("ask", { question: asked });
  else if (open !== undefined) {
    if (!element.querySelector(".sheet")) window.openedFrom = button;
    trigger("open", { place: open });
  } else if (close !== undefined) trigger("shut", {});
});

function still() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}

function settle() {
  const sheet = element.querySelector(".sheet");
  if (sheet) {
    const lines = sheet.querySelector(".lines");
    const cited = sheet.querySelector(".line.cited");
    if (lines && cited) lines.scrollTop = cited.offsetTop - lines.clientHeight / 4;
    sheet.querySelector("h2").focus({ preventScroll: true });
    return;
  }
  const turns = element.querySelectorAll(".turn");
  if (turns.length === 1) window.scrollTo({ top: 0, behavior: still() });
  else if (turns.length) turns[turns.length - 1].scrollIntoView({ behavior: still() });
  else if (window.openedFrom?.isConnected) window.openedFrom.focus({ preventScroll: true });
}

watch("value", () => requestAnimationFrame(settle));

if (element.closest("#conversation")) {
  // The Enter that ends a composition chooses characters; it must not send half a word.
  const guard = (event) => {
    const composing = event.isComposing || event.keyCode === 229;
    if (composing && event.key === "Enter" && event.target.closest("#question"))
      event.stopImmediatePropagation();
  };
  for (const kind of ["keydown", "keypress"]) document.addEventListener(kind, guard, true);
} else {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && element.querySelector(".sheet")) trigger("shut", {});
  });
}
