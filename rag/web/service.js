// Documents by way of the page: files that are dropped or chosen go to the server one by one.
window.wenjuKeep = (element, trigger) => {
  async function upload(files) {
    const drop = element.querySelector(".drop");
    const { limit, language, tooLarge, uploading, failed } = drop.dataset;
    const status = element.querySelector(".uploading");
    const said = [];
    for (const [done, file] of files.entries()) {
      status.textContent = uploading.replace("{done}", done + 1).replace("{total}", files.length)
        .replace("{name}", file.name);
      if (file.size > limit * 1e6) {
        said.push({ name: file.name, what: tooLarge });
        continue;
      }
      const address = new URL("documents", location.href.split("?")[0]);
      address.search = new URLSearchParams({ name: file.name, lang: language });
      try {
        const answer = await fetch(address, { method: "PUT", body: file });
        const told = await answer.json();
        said.push(answer.ok ? { name: told.source, change: told.change }
          : { name: file.name, what: told.what ? `${told.what}；${told.next}` : failed });
      } catch {
        said.push({ name: file.name, what: failed });
      }
    }
    status.textContent = "";
    trigger("kept", { said });
  }
  element.addEventListener("change", ({ target }) => {
    if (target.type === "file" && target.files.length) upload([...target.files]);
  });
  const over = (event) => {
    const drop = element.querySelector(".drop");
    if (!drop || ![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    drop.classList.toggle("over", drop.contains(event.target));
  };
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", () => element.querySelector(".over")?.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    const drop = element.querySelector(".drop");
    if (!drop || !event.dataTransfer.files.length) return;
    event.preventDefault();  // a file beside the place must not open in the page's stead
    drop.classList.remove("over");
    if (drop.contains(event.target)) upload([...event.dataTransfer.files]);
  });
};
