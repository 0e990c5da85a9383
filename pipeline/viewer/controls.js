/* controls: the legend that filters, the layers' switches and the swipe's handle. */
W.controls = (function () {
  const { data, state, el, t, button } = W;
  const byId = (id) => document.getElementById(id);

  /* ---- legend: counts, and a filter by colour ---- */
  const legend = () => {
    const box = W.empty(byId("legend")),
      n = W.counts(state.flight);
    const any = W.flight(state.flight).provisional.some(Boolean);
    box.className = state.compare >= 0 ? "beside" : "";
    box.setAttribute("aria-label", t("legend") + ", " + t("legend_hint"));
    data.grades.forEach((g, i) => {
      if (!g.number && !n[i]) return;
      box.appendChild(
        el(
          "button",
          {
            type: "button",
            "aria-pressed": String(state.only[i]),
            "data-grade": g.id,
            title: W.pick(g.meaning_zh, g.meaning_en),
            onclick: () => toggle(i),
          },
          W.sheet.key(g),
          el(
            "span",
            { class: "legend-words" },
            el("b", { text: W.label(g) }),
            el("em", { text: String(n[i]) }),
            el("span", { class: "legend-meaning", text: W.pick(g.meaning_zh, g.meaning_en) }),
          ),
        ),
      );
    });
    const note = (key, short, words) =>
      el("p", { class: "legend-note", "data-short": short }, key, el("span", { text: words }));
    const spots = W.total(state.flight, "hotspots"),
      most = Math.min(W.layers.FIRST, spots);
    box.appendChild(
      el(
        "div",
        { class: "legend-notes" },
        any ? note(W.sheet.dash(), t("provisional"), t("legend_provisional")) : null,
        spots
          ? note(W.sheet.dot(), t("col_hotspots") + " " + most + "/" + spots, W.sheet.spotsOf(state.flight, most))
          : null,
      ),
    );
    if (state.compare >= 0) box.appendChild(signs());
  };
  /* Shown while two flights stand beside each other: whose counts these are, what the signs and the dotted line mean. */
  const signs = () => {
    const n = W.every.filter(W.apart).length;
    return el(
      "p",
      { class: "legend-signs", title: t("counts_of", { a: data.flights[state.flight].id }) },
      el("span", {}, el("b", { text: data.flights[state.flight].id })),
      el("span", { text: t("signs") }),
      n ? el("span", { class: "apart" }, el("i", { "aria-hidden": "true" }), t("apart_meaning", { n })) : null,
    );
  };
  const toggle = (i) => {
    const next = state.only.slice();
    next[i] = !next[i];
    W.set({ only: next.some(Boolean) ? next : next.map(() => true) });
  };
  const onlyGrade = (number) => {
    const only = data.grades.map((g) => g.number === number);
    W.set({ only: only.every((v, i) => v === state.only[i]) ? only.map(() => true) : only });
  };

  /* ---- layers ---- */
  const tools = () => {
    const box = W.empty(byId("tools")),
      view = W.layers.view,
      map = W.layers.map;
    const check = (key) =>
      el(
        "label",
        {},
        el("input", {
          type: "checkbox",
          checked: view[key],
          id: "show-" + key,
          onchange: (e) => W.layers.setView({ [key]: e.target.checked }),
        }),
        el("span", { text: t("show_" + key) }),
      );
    const range = (key, words) =>
      el(
        "label",
        { class: "range-row" },
        el("span", { text: words }),
        el("input", {
          type: "range",
          min: 0,
          max: 100,
          value: view[key] * 100,
          oninput: (e) => W.layers.setView({ [key]: e.target.value / 100 }),
        }),
      );
    const sheet = el(
      "div",
      { id: "layer-sheet", hidden: true },
      check("blocks"),
      check("labels"),
      check("hotspots"),
      el("p", { class: "quiet", text: t("spots_first", { n: W.layers.FIRST }) }),
      range("fill", t("fill_opacity")),
      range("image", t("image_opacity")),
      data.basemaps.length ? basemaps() : null,
    );
    const opener = button(
      t("layers"),
      () => {
        sheet.hidden = !sheet.hidden;
        opener.setAttribute("aria-expanded", String(!sheet.hidden));
      },
      { id: "layers", "aria-expanded": "false", "aria-controls": "layer-sheet" },
    );
    box.appendChild(
      el(
        "div",
        { class: "zoom" },
        button("+", () => map.zoomIn(1), { "aria-label": t("zoom_in") }),
        button("−", () => map.zoomOut(1), { "aria-label": t("zoom_out") }),
        button(t("whole"), W.layers.fit, { id: "whole" }),
        opener,
      ),
    );
    box.appendChild(sheet);
  };
  /* Closes the sheet of layers; tells whether it was open. */
  const fold = () => {
    const sheet = byId("layer-sheet"),
      opener = byId("layers"),
      open = !sheet.hidden;
    if (sheet.contains(document.activeElement)) opener.focus();
    sheet.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    return open;
  };

  const basemaps = () => {
    const chosen = W.basemap.chosen();
    const option = ([id, words]) => el("option", { value: id, text: words, selected: id === chosen });
    return el(
      "label",
      { class: "range-row" },
      el("span", { text: t("basemap") }),
      el(
        "select",
        { id: "basemap", onchange: (e) => W.basemap.show(e.target.value) },
        [["", t("basemap_none")]].concat(data.basemaps.map((m) => [m.id, W.label(m)])).map(option),
      ),
      el("span", { text: t("basemap_note") }),
    );
  };

  /* ---- swipe: a bar that can be taken anywhere; it stays where it is when its words change ---- */
  let share = 0.5;
  const swipe = () => {
    const box = W.empty(byId("swipe")),
      on = state.compare >= 0;
    box.hidden = !on;
    if (!on) {
      share = 0.5;
      return;
    }
    const move = (to) => {
      share = Math.max(0.03, Math.min(0.97, to));
      bar.style.left = share * 100 + "%";
      knob.setAttribute("aria-valuenow", String(Math.round(share * 100)));
      keepClear();
      W.layers.setSplit(share);
    };
    const name = (side, f) => el("span", { class: "swipe-" + side, text: data.flights[f].id });
    const before = name("left", state.compare),
      after = name("right", state.flight);
    /* The names keep clear of the zoom buttons: there the earlier one has no room on its side. */
    const keepClear = () => {
      const room = bar.getBoundingClientRect().left - document.querySelector(".zoom").getBoundingClientRect().right - 8;
      after.style.left = Math.max(14, -room) + "px";
      before.style.visibility = room < 12 + before.offsetWidth ? "hidden" : "";
    };
    const knob = el("button", {
      type: "button",
      class: "knob",
      role: "slider",
      "aria-label": t("swipe"),
      title: t("swipe"),
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      text: "⇔",
    });
    const bar = el("div", { class: "swipe-bar" }, el("div", { class: "swipe-grip" }), before, after, knob);
    const follow = (e) => {
      const r = byId("stage").getBoundingClientRect();
      move((e.clientX - r.left) / r.width);
    };
    bar.addEventListener("pointerdown", (e) => {
      bar.setPointerCapture(e.pointerId);
      bar.onpointermove = follow;
    });
    bar.addEventListener("pointerup", () => {
      bar.onpointermove = null;
    });
    knob.addEventListener("keydown", (e) => {
      const by = { ArrowLeft: -0.04, ArrowRight: 0.04 }[e.key];
      if (by) {
        move(share + by);
        e.preventDefault();
        e.stopPropagation();
      }
    });
    box.appendChild(bar);
    move(share);
  };

  return { legend, onlyGrade, tools, fold, swipe };
})();
