/* panel: overview, list, changes and notes beside the map. */
W.panel = (function () {
  const { data, state, el, t, button } = W;
  const TABS = ["overview", "list", "change", "about"];
  const section = (title, ...body) => el("section", {}, el("h3", { text: title }), ...body);
  const select = (b) => W.set({ block: b });

  /* ---- overview ---- */
  const figure = (words, value, note) => el("div", { class: "figure-card" },
    el("span", { text: words }), el("b", { text: value }), note && el("small", { text: note }));
  const row = (f, b) => {
    const why = W.sentences(W.text(f, W.pick("reasons_zh", "reasons_en"), b))[0] || "";
    const id = data.blocks.id[b], name = W.blockName(b);
    return el("li", {}, el("button", { type: "button", class: "row", onclick: () => open(b) },
      W.swatch(W.grade(f, b), !!W.value(f, "provisional", b)),
      el("span", { class: "row-name" }, el("b", { text: id }), name !== id && el("span", { text: " " + name })),
      el("span", { class: "row-why", text: why })));
  };
  const open = (b) => { select(b); W.layers.zoomTo(b); };

  const overview = () => {
    const f = state.flight, n = W.counts(f), provisional = W.flight(f).provisional.reduce((a, b) => a + b, 0);
    const spots = W.flight(f).spots.id.length, first = W.worst(f).filter((b) => W.shown(b)).slice(0, 12);
    return [
      el("h2", { text: t("blocks_n", { n: W.every.length }) }),
      W.charts.countBar(n),
      el("div", { class: "figures" },
        figure(t("mean_clutter"), W.number(W.mean(f, "clutter")), t("by_area")),
        figure(t("mean_green"), W.number(W.mean(f, "green_pct")) + "%", t("by_area")),
        figure(t("hotspots"), String(spots), ""),
        figure(t("provisional"), provisional + " / " + W.every.length, "")),
      provisional ? el("p", { class: "note", text: t("provisional_meaning") }) : null,
      section(t("worst_first"), el("ul", { class: "rows" }, first.map((b) => row(f, b)))),
    ];
  };

  /* ---- list: sorted by any column ---- */
  const COLUMNS = [
    ["id", (f, b) => data.blocks.id[b], () => t("block")],
    ["grade", (f, b) => W.grade(f, b).number || 9, () => t("grade")],
    ["clutter", (f, b) => W.value(f, "clutter", b), () => W.label(W.indicator("clutter"))],
    ["green_pct", (f, b) => W.value(f, "green_pct", b), () => W.label(W.indicator("green_pct"))],
    ["hotspots", (f, b) => W.value(f, "hotspots", b), () => t("col_hotspots")],
    ["confidence", (f, b) => W.value(f, "confidence", b), () => t("col_confidence")],
  ];
  const sorted = (f) => {
    const column = COLUMNS.find((c) => c[0] === state.sort), shown = W.worst(f).filter((b) => W.shown(b));
    if (!column) return shown;
    const sign = state.down ? -1 : 1;
    return shown.sort((a, b) => {
      const x = column[1](f, a), y = column[1](f, b);
      if (x === null || y === null) return (x === null) - (y === null) || a - b;
      return sign * (typeof x === "string" ? W.natural(x, y) : x - y) || a - b;
    });
  };
  const heading = (column) => {
    const on = state.sort === column[0], sort = () => W.set(on ? { down: !state.down } : { sort: column[0], down: false });
    const head = el("th", { scope: "col", "aria-sort": on ? (state.down ? "descending" : "ascending") : "none" });
    head.appendChild(el("button", { type: "button", onclick: sort, "data-sort": column[0] }, column[2](), el("i", { "aria-hidden": "true", text: on ? (state.down ? "▾" : "▴") : "" })));
    return head;
  };
  const LONGEST = 1000;
  const list = () => {
    const f = state.flight, blocks = sorted(f);
    const rows = blocks.slice(0, LONGEST).map((b) => el("tr", { onclick: () => open(b), class: b === state.block ? "now" : null },
      el("td", {}, el("button", { type: "button", class: "link", text: data.blocks.id[b], title: W.blockName(b) })),
      el("td", {}, W.swatch(W.grade(f, b), !!W.value(f, "provisional", b))),
      el("td", { text: W.number(W.value(f, "clutter", b)) }), el("td", { text: W.number(W.value(f, "green_pct", b)) }),
      el("td", { text: W.number(W.value(f, "hotspots", b), 0) }), el("td", { text: W.percent(W.value(f, "confidence", b)) })));
    return [el("p", { class: "quiet", text: t("shown_of", { n: blocks.length, all: W.every.length }) }),
      el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, COLUMNS.map(heading))), el("tbody", {}, rows)))];
  };

  /* ---- changes between two flights ---- */
  const AIMS = {
    out_of_red: (a, z) => a === 1 && z > 1, out_of_orange: (a, z) => a === 2 && z > 2, reach_yellow: (a, z) => a < 3 && z >= 3,
    keep_blue: (a, z) => a >= 4 && z >= 4, strive_green: (a, z) => a < 5 && z === 5,
  };
  const pair = (f, other, b) => [W.grade(other, b), W.grade(f, b)];
  const changes = () => {
    const f = state.flight, other = state.compare >= 0 ? state.compare : f > 0 ? f - 1 : -1;
    if (other < 0) return [el("p", { class: "note", text: t("change_none") })];
    const title = el("h2", { text: t("change_from", { a: data.flights[other].id, b: data.flights[f].id }) });
    if (!W.comparable(f, other)) return [title, el("p", { class: "note", text: t("not_comparable") })];
    const known = W.every.filter((b) => W.change(f, other, b) !== null);
    const aims = data.transitions.map((aim) => el("li", {}, el("span", { text: W.label(aim) }),
      el("b", { text: String(known.filter((b) => AIMS[aim.id](...pair(f, other, b).map((g) => g.number))).length) })));
    const better = known.filter((b) => W.change(f, other, b) > 0), worse = known.filter((b) => W.change(f, other, b) < 0);
    aims.push(el("li", { class: "bad" }, el("span", { text: t("fell_back") }), el("b", { text: String(worse.length) })));
    const rows = (blocks) => el("ul", { class: "rows" }, blocks.map((b) => {
      const [a, z] = pair(f, other, b), id = data.blocks.id[b], name = W.blockName(b);
      return el("li", {}, el("button", { type: "button", class: "row", onclick: () => open(b) },
        el("span", { class: "move" }, W.swatch(a), "→", W.swatch(z)),
        el("span", { class: "row-name" }, el("b", { text: id }), name !== id && el("span", { text: " " + name }))));
    }));
    return [title, el("ul", { class: "aims" }, aims), el("p", { class: "note", text: t("change_note") }),
      worse.length ? section(t("worse") + " " + worse.length, rows(worse)) : null,
      better.length ? section(t("better") + " " + better.length, rows(better)) : null];
  };

  /* ---- notes: flight, quality, method, licence ---- */
  const quality = (f) => {
    const q = data.flights[f].quality, rows = [
      ["gsd", q.gsd_m === null ? "—" : W.number(q.gsd_m * 100, 1) + " cm"], ["valid_share", W.number(q.valid_pct) + "%"],
      ["shadow_share", W.number(q.shadow_pct) + "%"], ["clipped_share", W.number(q.clipped_pct) + "%"],
      ["sharpness", W.number(q.sharpness, 2)],
    ].filter((r) => r[1].indexOf("—") < 0);
    return [el("dl", { class: "pairs" }, rows.map((r) => [el("dt", { text: t(r[0]) }), el("dd", { text: r[1] })])),
      q.partly.length ? el("p", { text: t("coverage") + "：" + q.partly.slice(0, 20).map((c) => c[0] + " " + c[1] + "%").join("，") }) : null,
      q.notices.length ? el("ul", { class: "reasons" }, q.notices.map((n) => el("li", { text: W.pick(n[0], n[1]) }))) : null];
  };
  const limits = () => el("ul", { class: "reasons" }, ["texture", "size", "facts", "penalty", "unknown"].map((k) => el("li", { text: t("limit_" + k) })));
  const about = () => {
    const f = state.flight, facts = data.flights[f];
    return [section(t("flight"), el("dl", { class: "pairs" },
      [[t("flight"), facts.id], [t("date"), W.date(f)], [t("rubric"), facts.rubric]].map((r) => [el("dt", { text: r[0] }), el("dd", { text: r[1] })]))),
    section(t("quality"), quality(f)), section(t("method"), limits()), section(t("keys"), el("p", { text: t("keys_text") })),
    section(t("licences"), el("details", {}, el("summary", { text: "Leaflet 1.9.3 · BSD-2-Clause" }), el("pre", { text: document.getElementById("licence-leaflet").textContent })))];
  };

  /* ---- the frame ---- */
  const BODIES = { overview, list, change: changes, about };
  const tabs = () => el("div", { class: "tabs", role: "tablist" }, TABS.map((name) => el("button", {
    type: "button", role: "tab", id: "tab-" + name, "aria-selected": String(state.tab === name), "aria-controls": "panel-body",
    tabindex: state.tab === name ? 0 : -1, text: t("tab_" + name), onclick: () => W.set({ tab: name, block: -1 }), onkeydown: turn,
  })));
  const turn = (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    W.set({ tab: TABS[(TABS.indexOf(state.tab) + step + TABS.length) % TABS.length], block: -1 });
    document.getElementById("tab-" + state.tab).focus();
    e.preventDefault();
  };
  const filter = () => {
    const kinds = ["all", "provisional", "needs", "hotspots", "unsure"].concat(data.flights.length > 1 ? ["better", "worse"] : []);
    return el("div", { class: "filter" }, el("select", { id: "filter", "aria-label": t("filter"), value: state.filter, onchange: (e) => W.set({ filter: e.target.value }) },
      kinds.map((k) => el("option", { value: k, text: t(k === "all" ? k : "f_" + k), selected: state.filter === k }))));
  };
  const step = (by) => {
    const order = sorted(state.flight);
    if (!order.length) return;
    const at = order.indexOf(state.block);
    open(order[at < 0 ? 0 : (at + by + order.length) % order.length]);
  };
  const draw = () => {
    const panel = document.getElementById("panel"), card = state.block >= 0, back = focused(panel);
    W.empty(panel);
    panel.setAttribute("aria-label", card ? t("block") : t("tab_" + state.tab));
    panel.appendChild(card
      ? el("div", { class: "card-bar" }, button("‹ " + t("back"), () => W.set({ block: -1 }), { id: "back" }), el("span", {}),
        button(t("previous"), () => step(-1), { id: "previous" }), button(t("next"), () => step(1), { id: "next" }))
      : el("div", { class: "panel-bar" }, tabs(), state.tab === "about" ? null : filter()));
    panel.appendChild(el("div", { class: "panel-body", id: "panel-body", role: card ? null : "tabpanel", tabindex: 0, "aria-label": card ? t("block") : t("tab_" + state.tab) },
      card ? W.card.draw(state.block) : BODIES[state.tab]()));
    const again = back && panel.querySelector(back);
    if (again) again.focus();
  };
  /* What had the focus, so that a keyboard user stays there when the panel is drawn anew. */
  const focused = (panel) => {
    const node = document.activeElement;
    if (!panel.contains(node)) return "";
    if (node.id) return "#" + node.id;
    return node.dataset.sort ? "[data-sort=" + node.dataset.sort + "]" : "";
  };
  return { draw, step, open };
})();
