"use strict";
/* review: one spot at a time, by keyboard or by touch. */
(function () {
  const { data, spots, t, label, pick, named } = A;
  const { el, fill, empty } = C;
  const { button, key, date } = P;
  const [YES, NO, DIM] = data.answers.map((a) => a.id);
  const SIGN = { [YES]: "✓", [NO]: "✕", [DIM]: "?" };
  const KIND_KEYS = "qwertyuiop",
    SEVERITY_KEYS = "asdfg";
  const app = document.getElementById("app");
  const state = { at: 0, sheet: "start", tab: "now", outline: true, said: "" };

  /* ---- moving and answering ---- */
  const spot = () => spots[state.at];
  const go = (i) => {
    leaveNote();
    state.at = Math.max(0, Math.min(spots.length - 1, i));
    state.tab = "now";
    draw();
  };
  const openAfter = (i) => {
    for (let step = 1; step <= spots.length; step += 1) {
      const j = (i + step) % spots.length;
      if (!A.answered(spots[j])) return j;
    }
    return -1;
  };
  let fading = 0;
  const say = (words) => {
    state.said = words;
    clearTimeout(fading);
    fading = setTimeout(() => {
      const line = app.querySelector(".panel .said");
      state.said = "";
      if (line) line.textContent = "";
    }, 4000);
  };
  const patch = (change) => {
    leaveNote();
    say("");
    A.change(spot(), change);
    draw();
  };
  const answer = (id) => {
    leaveNote();
    const here = spot();
    A.change(here, { answer: id });
    const given = A.of(here);
    const kind = id === YES && given.kind ? " · " + label(named(data.problems, given.kind)) : "";
    const severity = id === YES ? " · " + label(named(data.severities, given.severity)) : "";
    say(t("of", { i: state.at + 1, n: spots.length }) + " " + SIGN[id] + " " + label(named(data.answers, id)) + kind + severity);
    const next = openAfter(state.at);
    if (next < 0) show("export");
    else go(next);
  };
  const undo = () => {
    leaveNote();
    const back = A.undo();
    if (!back) return;
    say(t("undone"));
    state.sheet = "";
    go(spots.indexOf(back));
  };
  const leaveNote = () => {
    const box = document.getElementById("note");
    if (box && box.value !== A.of(spot()).note) A.change(spot(), { note: box.value });
    if (box) box.blur();
  };
  const show = (sheet) => {
    leaveNote();
    state.sheet = sheet;
    draw();
  };
  const begin = () => {
    const name = document.getElementById("who").value.trim();
    if (!name) {
      say(t("who_missing"));
      draw();
      return;
    }
    A.by = name;
    say("");
    state.sheet = "";
    const first = spots.findIndex((s) => !A.answered(s));
    go(first < 0 ? 0 : first);
  };
  const speak = () => {
    A.lang = A.lang === "en" ? "zh" : "en";
    say("");
    draw();
  };
  const chooseTab = (tab) => {
    state.tab = tab;
    draw();
  };
  const turnOutline = () => {
    state.outline = !state.outline;
    draw();
  };

  /* ---- the panel ---- */
  const facts = () => {
    const here = spot();
    const name = pick(here.name, here.name_en);
    return el(
      "div",
      { class: "facts" },
      el("h2", null, el("b", { text: here.block }), name && name !== here.block ? el("span", { text: name }) : null),
      el("p", { class: "quiet", text: t("of", { i: state.at + 1, n: spots.length }) + " · " + t("area", { n: here.area_m2.toFixed(1) }) }),
      el("p", { class: "quiet place", title: t("place"), text: here.id + " · " + here.lonlat.map((v) => v.toFixed(6)).join(", ") }),
    );
  };
  const choice = (name, list, keys, chosen, act) =>
    el(
      "fieldset",
      { class: name },
      el("legend", { text: t(name) }),
      el(
        "div",
        { class: "choices" },
        list.map((one, i) =>
          button(label(one), () => act(one.id), { "aria-pressed": String(chosen === one.id), "data-id": one.id }, key(keys[i].toUpperCase())),
        ),
      ),
    );
  const panel = () => {
    const given = A.of(spot());
    const note = el("textarea", { id: "note", rows: "2", maxlength: "20000", placeholder: t("note_hint"), value: given.note, onchange: leaveNote });
    return el(
      "section",
      { class: "panel", "aria-label": t("answer") },
      facts(),
      choice("severity", data.severities, SEVERITY_KEYS, given.severity, (id) => patch({ severity: id })),
      el("p", { class: "quiet hint" + (given.severity === data.severities[2].id ? " now" : ""), text: t("severe_hint") }),
      choice("kind", data.problems, KIND_KEYS, given.kind, (id) => patch({ kind: given.kind === id ? null : id })),
      el("label", { class: "note" }, el("span", { text: t("note") }), key("N"), note),
      el("p", { class: "said", role: "status", text: state.said }),
      el(
        "div",
        { class: "moves" },
        button(t("previous"), () => go(state.at - 1), { class: "previous" }, key("←")),
        button(t("undo"), undo, { class: "undo" }, key("Z")),
        button(t("next"), () => go(state.at + 1), { class: "next" }, key("→")),
      ),
      el(
        "div",
        { class: "answers" },
        data.answers.map((a, i) =>
          button(label(a), () => answer(a.id), { class: "answer-" + a.id, "data-sign": SIGN[a.id], "aria-pressed": String(given.answer === a.id) }, key(String(i + 1))),
        ),
      ),
    );
  };
  const bar = () => {
    const dots = spots.map((s, i) => {
      const given = A.of(s).answer;
      return el("i", { class: (given ? "is-" + given : "") + (i === state.at ? " here" : ""), onclick: () => go(i) });
    });
    return el(
      "header",
      null,
      el("h1", null, el("b", { text: pick(data.community.zh, data.community.en) }), el("span", { text: t("title") + " · " + data.flight.id })),
      el("p", { class: "tally", text: t("answered_n", { n: A.count(), all: spots.length }) }),
      el(
        "p",
        { class: "counts" },
        data.answers.map((a) => el("span", { class: "is-" + a.id, title: label(a), text: SIGN[a.id] + " " + A.count(a.id) })),
      ),
      el(
        "div",
        { class: "acts" },
        button(t("outline"), turnOutline, { "aria-pressed": String(state.outline), class: "turn-outline" }),
        button(t("other_language"), speak, { title: t("other_language_long"), class: "language" }),
        button(t("help"), () => show("start"), { class: "help" }),
        button(t("export"), () => show("export"), { class: "export" }),
      ),
      el("div", { class: "dots", "aria-hidden": "true" }, dots),
    );
  };

  /* ---- the two sheets: start with help, and export ---- */
  const KEYS = () => [
    ["1 2 3", "key_answer"], ["A S D", "key_severity"], [KIND_KEYS.slice(0, data.problems.length).toUpperCase().split("").join(" "), "key_kind"],
    ["N", "key_note"], ["Z", "key_undo"], ["← →", "key_move"], ["O", "key_outline"], ["L", "key_language"], ["X", "key_export"], ["H", "key_help"],
  ];
  const start = () =>
    el(
      "form",
      { class: "card", onsubmit: (event) => (event.preventDefault(), begin()) },
      el("h2", { text: t("title") }),
      el("p", { class: "quiet", text: [pick(data.community.zh, data.community.en), data.flight.id, date(data.flight.acquired), t("spots_n", { n: spots.length })].join(" · ") }),
      el("p", { text: t("intro") }),
      el("p", { text: t("intro_saved") }),
      A.saving ? null : el("p", { class: "warning", text: t("not_saved") }),
      el("label", { class: "who" }, el("span", { text: t("who") }), el("input", { id: "who", value: A.by, maxlength: "200", autocomplete: "name", placeholder: t("who_hint") })),
      el("p", { class: "warning", role: "alert", text: state.sheet === "start" ? state.said : "" }),
      el("button", { type: "submit", class: "main", text: t(A.count() ? "go_on" : "begin") }),
      el("h3", { text: t("keys") }),
      el("dl", { class: "keys" }, KEYS().map(([k, words]) => [el("dt", null, k.split(" ").map(key)), el("dd", { text: t(words) })])),
    );
  const exporting = () => {
    const open = spots.length - A.count();
    const box = el("textarea", { class: "whole", readonly: true, rows: "3", "aria-label": "JSON", value: A.toJson() });
    const tell = (words) => {
      status.textContent = words;
    };
    const status = el("p", { class: "said", role: "status" });
    const copy = () => {
      box.select();
      const done = document.execCommand && document.execCommand("copy");
      tell(t(done ? "copied" : "copy_failed"));
    };
    const rows = data.answers.map((a) => el("li", { class: "is-" + a.id }, el("b", { text: String(A.count(a.id)) }), el("span", { text: SIGN[a.id] + " " + label(a) })));
    return el(
      "div",
      { class: "card" },
      el("h2", { text: open ? t("export") : t("done") }),
      el("p", { class: "quiet", text: open ? t("not_done", { n: open }) : t("answered_n", { n: A.count(), all: spots.length }) }),
      el("ul", { class: "sums" }, rows),
      el("p", { text: A.count() ? t("done_text") : t("nothing_yet") }),
      A.saving ? null : el("p", { class: "warning", text: t("not_saved") }),
      button(t("save_json"), () => tell(t("saved_file", { name: A.saveJson() })), { class: "main save-json" }, key("1")),
      el("div", { class: "row" }, button(t("save_csv"), () => tell(t("saved_file", { name: A.saveCsv() })), { class: "save-csv" }, key("2")), button(t("copy"), copy, { class: "copy" }, key("3"))),
      status,
      box,
      button(t("back_to_spots"), () => show(""), { class: "back" }, key("Esc")),
    );
  };

  /* ---- drawing, keys and touch ---- */
  const draw = () => {
    document.documentElement.lang = A.lang === "en" ? "en" : "zh-CN";
    const sheet = { start, export: exporting }[state.sheet];
    const held = document.activeElement && app.contains(document.activeElement) ? document.activeElement : null;
    const mark = held && (held.dataset.id ? '[data-id="' + held.dataset.id + '"]' : held.className && "." + held.className.split(" ")[0]);
    fill(empty(app), null, [
      el("div", { class: "page", inert: !!sheet }, bar(), el("main", null, P.pictures(state.at, state, chooseTab), panel())),
      sheet ? el("div", { class: "veil", role: "dialog", "aria-modal": "true", "aria-label": t(state.sheet === "start" ? "help" : "export") }, sheet()) : null,
    ]);
    app.className = sheet ? "veiled" : "";
    const focus = sheet ? app.querySelector(state.sheet === "start" ? "#who" : ".main") : mark && app.querySelector(mark);
    if (focus) focus.focus({ preventScroll: true });
  };
  const letter = (event) => {
    const code = /^(?:Key|Digit|Numpad)(\w)$/.exec(event.code || "");
    return event.key === "Process" || event.key === "Unidentified" ? (code ? code[1].toLowerCase() : "") : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  };
  const acts = (k) => {
    const kind = data.problems[KIND_KEYS.indexOf(k)],
      severity = data.severities[SEVERITY_KEYS.indexOf(k)];
    if (k.length === 1 && kind) return () => patch({ kind: A.of(spot()).kind === kind.id ? null : kind.id });
    if (k.length === 1 && severity) return () => patch({ severity: severity.id });
    const plain = {
      1: () => answer(YES), 2: () => answer(NO), 3: () => answer(DIM), z: undo, Backspace: undo, o: turnOutline, l: speak, x: () => show("export"),
      h: () => show("start"), "?": () => show("start"), n: () => document.getElementById("note").focus(), ArrowLeft: () => go(state.at - 1), ArrowRight: () => go(state.at + 1),
    };
    return plain[k];
  };
  const sheetActs = (k) => {
    if (k === "Escape") return () => (state.sheet === "start" ? begin() : show(""));
    if (state.sheet !== "export") return null;
    const press = (name) => () => app.querySelector(name).click();
    return { 1: press(".save-json"), 2: press(".save-csv"), 3: press(".copy"), z: undo, Backspace: undo, l: speak }[k];
  };
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.metaKey || (event.ctrlKey && letter(event) !== "z")) return;
    const typing = /^(INPUT|TEXTAREA)$/.test(event.target.tagName) && !event.target.readOnly;
    if (typing && event.key === "Escape" && event.target.id === "note") {
      leaveNote();
      draw();
      return;
    }
    if (typing && event.key !== "Escape") return;
    const act = state.sheet ? sheetActs(letter(event)) : acts(letter(event));
    if (!act) return;
    event.preventDefault();
    act();
  });
  let touched = null;
  app.addEventListener("touchstart", (event) => {
    const t0 = event.touches[0];
    touched = event.target.closest(".pictures") ? { x: t0.clientX, y: t0.clientY } : null;
  }, { passive: true });
  app.addEventListener("touchend", (event) => {
    const t1 = event.changedTouches[0];
    if (!touched || state.sheet) return;
    const dx = t1.clientX - touched.x, dy = t1.clientY - touched.y;
    if (Math.abs(dx) > 60 && Math.abs(dx) > 2 * Math.abs(dy)) go(state.at + (dx < 0 ? 1 : -1));
  });
  window.addEventListener("pagehide", leaveNote);
  window.addEventListener("storage", (event) => {
    if (A.adopt(event) && document.activeElement.tagName !== "TEXTAREA" && state.sheet !== "start") draw();
  });
  draw();
  document.documentElement.setAttribute("data-ready", "1");
})();
