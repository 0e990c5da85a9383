/* panel: overview, list, changes and notes beside the map. */
W.panel = (function () {
  const { data, state, el, t, button } = W;
  const TABS = ["overview", "list", "change", "about"];
  const section = (title, ...body) => el("section", {}, el("h3", { text: title }), ...body);
  const { list, sorted, open } = W.lists;

  /* ---- overview ---- */
  const figure = (words, value, note) =>
    el(
      "div",
      { class: "figure-card" },
      el("span", { text: words }),
      el("b", { text: value }),
      note && el("small", { text: note }),
    );
  const row = (f, b) => {
    const id = data.blocks.id[b],
      name = W.blockName(b);
    return el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: "row", "data-row": b, onclick: () => open(b) },
        W.swatch(W.grade(f, b), !!W.value(f, "provisional", b)),
        el("span", { class: "row-name" }, el("b", { text: id }), name !== id && el("span", { text: " " + name })),
        el("span", {
          class: "row-figure",
          title: W.label(W.indicator("clutter")),
          text: W.number(W.value(f, "clutter", b), 0),
        }),
        el("span", { class: "row-why", text: W.why(f, b) }),
      ),
    );
  };
  /* The sums are of all blocks: where the map shows fewer, which and how many. */
  const filtered = () => {
    const kinds = W.sheet.filtered(),
      n = W.every.filter(W.shown).length;
    if (!kinds.length) return null;
    const words = kinds.concat(t("shown_of", { n, all: W.every.length }));
    return el("p", { class: "note", id: "filtered", text: words.join(" · ") });
  };
  const overview = () => {
    const f = state.flight,
      n = W.counts(f),
      provisional = W.flight(f).provisional.reduce((a, b) => a + b, 0);
    const spots = data.flights[f].candidates,
      first = W.worst(f)
        .filter((b) => W.shown(b))
        .slice(0, 12);
    return [
      el("h2", { text: W.flightOf(f) + t("blocks_n", { n: W.every.length }) }),
      W.charts.countBar(n),
      filtered(),
      el(
        "div",
        { class: "figures" },
        figure(t("mean_clutter"), W.number(W.mean(f, "clutter")), t("by_area")),
        figure(t("mean_green"), W.number(W.mean(f, "green_pct")) + "%", t("by_area")),
        figure(t("hotspots"), String(W.total(f, "hotspots")), t("candidates", { n: spots })),
        figure(t("provisional"), provisional + " / " + W.every.length, ""),
      ),
      provisional ? el("p", { class: "note", text: t("provisional_meaning") }) : null,
      W.casework.overview(),
      section(
        t("worst_first"),
        el("p", { class: "rows-head", text: W.label(W.indicator("clutter")) }),
        el(
          "ul",
          { class: "rows" },
          first.map((b) => row(f, b)),
        ),
      ),
    ];
  };

  /* ---- notes: flight, quality, method, licence ---- */
  const quality = (f) => {
    const q = data.flights[f].quality,
      rows = W.qualityRows(q);
    return [
      el(
        "dl",
        { class: "pairs" },
        rows.map((r) => [el("dt", { text: t(r[0]) }), el("dd", { text: r[1] })]),
      ),
      q.partly.length
        ? el("p", {
            text:
              t("coverage") +
              "：" +
              q.partly
                .slice(0, 20)
                .map((c) => c[0] + " " + c[1] + "%")
                .join("，"),
          })
        : null,
      q.notices.length
        ? el(
            "ul",
            { class: "reasons" },
            q.notices.map((n) => el("li", { text: W.pick(n[0], n[1]) })),
          )
        : null,
    ];
  };
  const limits = () =>
    el(
      "ul",
      { class: "reasons" },
      ["texture", "size", "facts", "penalty", "unknown"].map((k) => el("li", { text: t("limit_" + k) })),
    );
  const about = () => {
    const f = state.flight,
      facts = data.flights[f];
    return [
      el("h2", { text: t("tab_about") }),
      section(
        t("flight"),
        el(
          "dl",
          { class: "pairs" },
          [
            [t("flight"), facts.id],
            [t("date"), W.date(f)],
            [t("rubric"), facts.rubric],
          ].map((r) => [el("dt", { text: r[0] }), el("dd", { text: r[1] })]),
        ),
      ),
      section(t("quality"), quality(f)),
      section(t("method"), limits()),
      section(t("keys"), el("p", { text: t("keys_text") })),
      section(
        t("licences"),
        el(
          "details",
          {},
          el("summary", { text: "Leaflet 1.9.3 · BSD-2-Clause" }),
          el("pre", { text: document.getElementById("licence-leaflet").textContent }),
        ),
      ),
    ];
  };

  /* ---- the frame ---- */
  const BODIES = { overview, list, change: W.changes.draw, about };
  const tabs = () =>
    el(
      "div",
      { class: "tabs", role: "tablist" },
      TABS.map((name) =>
        el("button", {
          type: "button",
          role: "tab",
          id: "tab-" + name,
          "aria-selected": String(state.tab === name),
          "aria-controls": "panel-body",
          tabindex: state.tab === name ? 0 : -1,
          text: t("tab_" + name),
          onclick: () => W.set({ tab: name, block: -1 }),
          onkeydown: turn,
        }),
      ),
    );
  const turn = (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    W.set({ tab: TABS[(TABS.indexOf(state.tab) + step + TABS.length) % TABS.length], block: -1 });
    document.getElementById("tab-" + state.tab).focus();
    e.preventDefault();
  };
  const filter = () => {
    const option = ([id, words]) => el("option", { value: id, text: words, selected: state.filter === id });
    const kinds = Object.keys(W.kinds).map((k) => [k, t("f_" + k)]);
    const moves = data.transitions
      .map((aim) => [aim.id, W.label(aim)])
      .concat(["better", "worse", "apart"].map((k) => [k, t("f_" + k)]));
    return el(
      "div",
      { class: "filter" },
      el(
        "select",
        {
          id: "filter",
          "aria-label": t("filter"),
          value: state.filter,
          onchange: (e) => W.set({ filter: e.target.value }),
        },
        option(["all", t("all")]),
        el("optgroup", { label: t("needs_group") }, kinds.map(option)),
        W.other() >= 0 ? el("optgroup", { label: t("tab_change") }, moves.map(option)) : null,
      ),
    );
  };
  const step = (by) => {
    const order = sorted(state.flight);
    if (!order.length) return;
    const at = order.indexOf(state.block);
    open(order[at < 0 ? 0 : (at + by + order.length) % order.length]);
  };
  /* How far each tab and card was scrolled; what is drawn now; the block whose card was last. */
  const scrolled = {};
  let drawn = "",
    left = -1;
  const draw = () => {
    const panel = document.getElementById("panel"),
      body = () => document.getElementById("panel-body");
    if (drawn) scrolled[drawn] = body().scrollTop;
    const now = state.block >= 0 ? "card " + state.block : state.tab;
    /* A card that is opened anew is read from its top; a tab is found again where it was left. */
    const top = state.block >= 0 && now !== drawn ? 0 : scrolled[now];
    drawn = now;
    const row = () => panel.querySelector('[data-row="' + left + '"]');
    C.redraw(panel, () => fill(panel), (again) => row() || again || body());
    left = state.block;
    body().scrollTop = top || 0;
  };
  const fill = (panel) => {
    const card = state.block >= 0;
    W.empty(panel);
    panel.setAttribute("aria-label", card ? t("block") : t("tab_" + state.tab));
    panel.appendChild(
      card
        ? el(
            "div",
            { class: "card-bar" },
            button("‹ " + t("back"), () => W.set({ block: -1 }), { id: "back" }),
            el("span", {}),
            button(t("previous"), () => step(-1), { id: "previous" }),
            button(t("next"), () => step(1), { id: "next" }),
          )
        : el("div", { class: "panel-bar" }, tabs(), state.tab === "about" ? null : filter()),
    );
    panel.appendChild(
      el(
        "div",
        {
          class: "panel-body",
          id: "panel-body",
          role: card ? null : "tabpanel",
          tabindex: 0,
          "aria-label": card ? t("block") : t("tab_" + state.tab),
        },
        card ? W.card.draw(state.block) : BODIES[state.tab](),
      ),
    );
  };
  return { draw, step, open };
})();
