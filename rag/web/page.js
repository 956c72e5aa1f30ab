// What a page cannot do by HTML and CSS alone. window.wenju runs once for each part whose HTML the
// server makes. A press on data-event="NAME" becomes Gradio's event NAME, its data-* the event's data.
window.wenju = (() => {
  const KEY = "wenju.conversations";
  const MOST = 100;
  const body = document.body;
  const still = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
  let openedFrom = null;

  // --- copying ------------------------------------------------------------------------------------
  async function copy(button, text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // not allowed, or not a secure address: the old way
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "unseen";
      body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const label = button.textContent;
    if (label === button.dataset.done) return;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 1500);
  }

  const linkTo = (passage) => {
    const address = new URL(location.pathname, location.origin);
    address.searchParams.set("cite", passage);
    return address.href;
  };

  function write(question) {
    const box = document.querySelector("#question textarea");
    box.value = question;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  }

  function save(text, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown;charset=utf-8" }));
    link.download = name.replace(/[\\/:*?"<>|\x00-\x1f]+/g, " ").trim() || "wenju.md";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // --- drawers ------------------------------------------------------------------------------------
  function draw(name, opener) {
    const open = body.dataset.drawer;
    if (name && opener && !opener.closest("#documents")) openedFrom = opener;
    if (name && name !== open) body.dataset.drawer = name;
    else delete body.dataset.drawer;
    if (body.dataset.drawer) enter();
    else if (open && openedFrom?.isConnected) openedFrom.focus({ preventScroll: true });
  }

  function enter() {
    const first = { documents: "#documents h2", rail: "#rail .fresh" }[body.dataset.drawer];
    if (first) document.querySelector(first)?.focus({ preventScroll: true });
  }

  function stay() {  // what the server draws anew may have had the focus
    if (document.activeElement === body) enter();
  }

  // --- conversations, kept in this browser; read anew each time, as another tab may have written ----
  function kept() {
    try {
      const list = JSON.parse(localStorage.getItem(KEY));
      return Array.isArray(list) ? list.filter((one) => one?.id && Array.isArray(one.turns)) : [];
    } catch {
      return [];
    }
  }

  function store(list) {
    for (let most = MOST; most > 0; most = Math.floor(most / 2)) {
      try {
        localStorage.setItem(KEY, JSON.stringify(list.slice(0, most)));
        break;
      } catch { /* full: the oldest go */ }
    }
    fillHistory();
  }

  function keep(record) {
    const list = kept();
    const old = list.find((one) => one.id === record.id);
    const asked = (one) => one.turns.map((turn) => turn.q).join("\n");
    const title = old?.named ? old.title : record.turns[0].q.slice(0, 60);
    const now = { ...old, ...record, title, at: Date.now() };
    if (old && asked(old) === asked(now)) store(list.map((one) => (one === old ? now : one)));
    else store([now, ...list.filter((one) => one !== old)]);
  }

  const conversation = () => document.querySelector("#conversation .conversation")?.dataset ?? {};
  const current = () => JSON.parse(conversation().kept ?? "null");

  function fillHistory() {
    const nav = document.querySelector("nav.history");
    if (!nav) return;
    const here = current()?.id;
    const rows = kept().map((one) => {
      const row = nav.querySelector("template").content.firstElementChild.cloneNode(true);
      row.dataset.id = one.id;
      const title = row.querySelector(".title");
      title.textContent = one.title;
      title.title = one.title;
      if (one.id === here) title.setAttribute("aria-current", "true");
      row.querySelector("summary").ariaLabel = nav.dataset.more.replace("{title}", one.title);
      return row;
    });
    nav.querySelector("ul").replaceChildren(...rows);
    nav.querySelector(".none").hidden = rows.length > 0;
  }

  let deleted = null;
  function history(button, trigger) {
    const nav = button.closest("nav");
    const row = button.closest("li");
    const one = kept().find((other) => other.id === row?.dataset.id);
    const undo = nav.querySelector(".undo");
    const act = button.dataset.do;
    button.closest("details")?.removeAttribute("open");
    if (act === "undo" && deleted) {
      store([deleted, ...kept()].sort((a, b) => b.at - a.at));
      undo.hidden = true;
    } else if (!one) fillHistory();
    else if (act === "resume") trigger("resume", { id: one.id, turns: one.turns });
    else if (act === "export") trigger("export", { id: one.id, turns: one.turns, title: one.title });
    else if (act === "rename") rename(row, one, nav);
    else if (act === "delete") {
      deleted = one;
      store(kept().filter((other) => other.id !== one.id));
      undo.querySelector("span").textContent = nav.dataset.deleted.replace("{title}", one.title);
      undo.hidden = false;
      undo.querySelector("button").focus();
    }
  }

  function rename(row, one, nav) {
    const field = document.createElement("input");
    field.value = one.title;
    field.maxLength = 120;
    field.ariaLabel = nav.dataset.name;
    row.querySelector(".title").replaceWith(field);
    field.select();
    let done = false;
    const finish = (keepIt) => {
      if (done) return;
      done = true;
      const title = field.value.trim();
      if (keepIt && title)
        store(kept().map((it) => (it.id === one.id ? { ...it, title, named: true } : it)));
      else fillHistory();
      nav.querySelector(`li[data-id="${CSS.escape(one.id)}"] .title`)?.focus();
    };
    field.addEventListener("blur", () => finish(true));
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Enter") finish(true);
      if (event.key === "Escape") finish(false);
    });
  }

  // --- after the server has drawn a part anew -------------------------------------------------------
  let turns = 0;
  let unfolded = null;  // the turn whose passages were asked for
  const folds = new Map();  // what was opened or closed by hand stays so
  const drawn = {
    conversation(element) {
      const root = element.querySelector(".conversation");
      if (!root) return;
      for (const fold of root.querySelectorAll("[data-fold]"))
        if (folds.has(fold.dataset.fold)) fold.open = folds.get(fold.dataset.fold);
      document.documentElement.lang = root.lang;
      const record = current();
      if (record?.turns.length) keep(record);
      else fillHistory();
      const all = element.querySelectorAll(".turn:not(.permalink)");
      const summary = all[unfolded]?.querySelector(".passages > summary");
      if (summary) {
        unfolded = null;
        summary.focus({ preventScroll: true });
      }
      if (all.length === turns) return;
      turns = all.length;
      if (turns > 1) all[turns - 1].scrollIntoView({ behavior: still() });
      else window.scrollTo({ top: 0, behavior: still() });
    },
    history: fillHistory,
    outbox(element) {
      const file = element.querySelector("template");
      if (file) save(file.dataset.text, file.dataset.name);
    },
    source(element) {
      const sheet = element.querySelector(".sheet");
      body.classList.toggle("beside", Boolean(sheet));
      for (const card of document.querySelectorAll(".opened")) card.classList.remove("opened");
      if (!sheet) {
        if (openedFrom?.isConnected) openedFrom.focus({ preventScroll: true });
        return;
      }
      delete body.dataset.drawer;
      const { turn, at } = sheet.dataset;
      const card = document.querySelector(`#conversation footer [data-turn="${turn}"][data-at="${at}"]`);
      card?.closest(".hit").classList.add("opened");
      look(sheet);
      const lines = sheet.querySelector(".lines");
      const cited = sheet.querySelector("mark.answering, .line.cited");
      const line = cited?.closest(".line");
      if (line) lines.scrollTop = line.offsetTop - lines.clientHeight / 4;
      sheet.querySelector("h2").focus({ preventScroll: true });
    },
    top: stay,
    above(element) {
      const heard = Number(element.querySelector("[data-heard]")?.dataset.heard);
      wishes = wishes.filter((wish) => wish.n > heard);
    },
    limits(element) { reset(element); stay(); },
    listed: reset,
  };

  // --- limits of the scope: sent with their number, and again with whatever is asked, until the
  // server has heard of them; a box shows what was wished ----------------------------------------------
  let wishes = [];
  let wished = 0;
  const wish = (data) => { wishes.push({ ...data, n: ++wished }); };
  window.wenjuShown = () => ({ wishes, kept: current(), last: conversation().last,
    language: document.documentElement.lang });

  function reset(element) {
    const heard = Number(element.querySelector("[data-heard]")?.dataset.heard);
    const open = wishes.filter((one) => one.n > heard);
    for (const box of element.querySelectorAll("[type=checkbox]")) {
      const mine = (one) => one.part === "all" || (one.part === box.dataset.part
        && (one.value === box.value || !one.value));
      const last = open.findLast(mine);
      box.checked = last ? last.value === box.value && last.on : box.hasAttribute("checked");
    }
    for (const field of element.querySelectorAll("[type=date], [type=text], select"))
      if (field !== document.activeElement  // somebody is writing there
        && !open.some((one) => ["all", field.dataset.part].includes(one.part)))
        field.value = field.querySelector("[selected]")?.value ?? field.getAttribute("value") ?? "";
  }

  // --- a page as a picture or as text -----------------------------------------------------------------
  function look(sheet) {
    const text = body.dataset.view === "text";
    for (const button of sheet.querySelectorAll("[data-view]"))
      button.ariaPressed = String((button.dataset.view === "text") === text);
    const paper = sheet.querySelector(".paper");
    const box = paper?.querySelector(".answering") ?? paper?.querySelector(".box");
    if (!box) return;
    for (const failed of paper.querySelectorAll(".failed")) failed.classList.remove("failed");
    const away = box.getBoundingClientRect().top - paper.getBoundingClientRect().top;
    paper.scrollTop += away - paper.clientHeight / 4;
  }
  document.addEventListener("error", ({ target }) => {
    target.closest?.(".paper figure")?.classList.add("failed");
  }, true);

  // --- keys -----------------------------------------------------------------------------------------
  // The Enter that ends a composition chooses characters; it must not send half a word.
  const guard = (event) => {
    const composing = event.isComposing || event.keyCode === 229;
    if (composing && event.key === "Enter" && event.target.closest("#question"))
      event.stopImmediatePropagation();
  };
  for (const kind of ["keydown", "keypress"]) document.addEventListener(kind, guard, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    const menu = document.querySelector(".menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (body.dataset.drawer) draw("");
    else document.querySelector("#source [data-event=shut]")?.click();
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
    if (event.target === document.documentElement || event.target.closest("#veil")) draw("");
  });
  window.addEventListener("storage", (event) => { if (event.key === KEY) fillHistory(); });

  return (element, trigger, watch) => {
    element.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      const fold = event.target.closest("[data-fold] > summary")?.parentElement;
      if (fold) folds.set(fold.dataset.fold, !fold.open);
      if (!button) {
        if (event.target.closest(".skip")) {
          event.preventDefault();
          document.querySelector("#question textarea").focus();
        }
        return;
      }
      const { event: name, drawer, copy: copied, link, do: act, sure, view, jump,
        ...data } = button.dataset;
      if (view) {
        body.dataset.view = view;
        look(button.closest(".sheet"));
        return;
      }
      if (sure !== undefined && !confirm(sure)) return;
      const remark = button.closest(".feedback")?.querySelector(".remark");
      if (remark?.value) {
        data.remark = remark.value;
        remark.value = "";
      }
      if (copied !== undefined) copy(button, copied);
      else if (link !== undefined) copy(button, linkTo(link));
      else if (jump) document.getElementById(jump).scrollIntoView({ behavior: still() });
      else if (drawer !== undefined) draw(drawer, button);
      else if (act !== undefined) history(button, trigger);
      else if (name) {
        if (name === "edit") write(data.question);
        if (name === "narrow") wish(data);
        if (name === "unfold") unfolded = data.turn;
        if (name === "switch") localStorage.setItem("wenju.language", button.lang.slice(0, 2));
        if (name === "open" && !document.querySelector(".sheet")) openedFrom = button;
        if (button.closest("#rail")) delete body.dataset.drawer;
        trigger(name, { ...data, wishes });
      }
      if (act === "resume") delete body.dataset.drawer;
    });
    element.addEventListener("change", ({ target }) => {
      const { part } = target.dataset;
      if (!part) return;
      wish({ part, value: target.value, on: target.checked });
      trigger("narrow", { wishes });
    });
    let sought;
    element.addEventListener("input", ({ target }) => {
      if (target.type !== "search") return;
      clearTimeout(sought);
      sought = setTimeout(() => trigger("find", { value: target.value }), 150);
    });
    const name = Object.keys(drawn).find((id) => element.closest(`#${id}`));
    if (!name) return;
    const after = () => setTimeout(() => drawn[name](element));  // in a tab behind too
    watch("value", after);
    after();
  };
})();
