/* viewer: the head of the page, legend, layers, swipe, links, keys and print. */
(function () {
  const { data, state, el, t, button } = W;
  const { legend, onlyGrade, tools, fold, swipe } = W.controls;
  const byId = (id) => document.getElementById(id);
  const options = (entries, now) =>
    entries.map(([v, words]) => el("option", { value: String(v), text: words, selected: v === now }));

  /* ---- head ---- */
  const flights = () => data.flights.map((x, i) => [i, x.id]);
  const chooser = (id, words, entries, now, action) =>
    el(
      "label",
      { class: "chooser" },
      el("span", { text: words }),
      el("select", { id, onchange: (e) => action(Number(e.target.value)) }, options(entries, now)),
    );
  /* Whichever was chosen first, the later flight is compared with the earlier one: time runs one way. */
  const compareWith = (f) =>
    W.set(f > state.flight ? { flight: f, compare: state.flight } : { compare: f });
  const choosers = () =>
    data.flights.length < 2
      ? [el("span", { class: "one-flight", text: t("flight") + " " + data.flights[0].id })]
      : [
          chooser("flight", t("flight"), flights(), state.flight, (f) =>
            W.set({ flight: f, compare: state.compare < f ? state.compare : -1 }),
          ),
          chooser(
            "compare",
            t("compare"),
            [[-1, t("no_compare")]].concat(flights().filter((x) => x[0] !== state.flight)),
            state.compare,
            compareWith,
          ),
        ];
  const head = () => {
    const bar = W.empty(byId("bar"));
    const mark = el(
      "div",
      { class: "mark", "aria-hidden": "true" },
      data.grades.filter((g) => g.number).map((g) => el("i", { style: { background: g.colour } })),
    );
    bar.appendChild(
      el(
        "div",
        { class: "brand" },
        mark,
        el("h1", {}, el("b", { text: W.community() }), el("span", { text: t("map") })),
      ),
    );
    bar.appendChild(el("div", { class: "choosers" }, choosers()));
    bar.appendChild(
      el(
        "div",
        { class: "find", onkeydown: findKey },
        el("input", {
          id: "find",
          type: "search",
          placeholder: t("find"),
          "aria-label": t("find"),
          autocomplete: "off",
          oninput: found,
        }),
        el("ul", { id: "found", hidden: true }),
      ),
    );
    bar.appendChild(
      el(
        "div",
        { class: "acts" },
        button(t("other_language"), turnLanguage, { id: "lang", title: t("other_language_long") }),
        button(t("print"), () => window.print(), { id: "print" }),
      ),
    );
  };
  const turnLanguage = () => W.set({ lang: state.lang === "zh" ? "en" : "zh" });

  /* ---- find by id or name ---- */
  const matches = (words) => {
    const low = words.trim().toLowerCase();
    if (!low) return [];
    const hit = (b) => [data.blocks.id[b], data.blocks.name[b], data.blocks.name_en[b]].map((s) => s.toLowerCase());
    const exact = W.every.filter((b) => hit(b)[0] === low);
    return exact.concat(W.every.filter((b) => !exact.includes(b) && hit(b).some((s) => s.includes(low))));
  };
  const FIRST = 8;
  const go = (b) => {
    byId("found").hidden = true;
    W.panel.open(b);
    byId("panel-body").focus();
  };
  const found = () => {
    const list = W.empty(byId("found")),
      words = byId("find").value,
      hits = matches(words);
    list.hidden = !words.trim();
    hits.slice(0, FIRST).forEach((b) =>
      list.appendChild(
        el(
          "li",
          {},
          el(
            "button",
            { type: "button", onclick: () => go(b) },
            W.swatch(W.grade(state.flight, b)),
            el("b", { text: data.blocks.id[b] }),
            el("span", { text: W.blockName(b) }),
          ),
        ),
      ),
    );
    const note = hits.length ? t("shown_of", { n: FIRST, all: hits.length }) : t("no_match");
    if (!hits.length || hits.length > FIRST) list.appendChild(el("li", { class: "quiet", text: note }));
  };
  /* In the field and among the blocks found: arrows go up and down, Esc leaves the list, then the field. */
  const findKey = (e) => {
    const field = byId("find"),
      list = byId("found"),
      stops = [field].concat([...list.querySelectorAll("button")]),
      step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step && !list.hidden) {
      const next = stops[stops.indexOf(document.activeElement) + step];
      if (next) next.focus();
      e.preventDefault();
    } else if (e.key === "Escape") {
      list.hidden = true;
      if (e.target === field) field.blur();
      else field.focus();
      e.stopPropagation();
    } else if (e.key === "Enter" && e.target === field) {
      const hits = matches(field.value);
      if (hits.length) go(hits[0]);
    }
  };

  /* ---- links: #B12; one that leads to no block is looked up, so that the reader learns of it ---- */
  const fromLink = () => {
    let id = location.hash.slice(1);
    try {
      id = decodeURIComponent(id);
    } catch (_) {
      return;
    }
    const b = data.blocks.id.indexOf(id);
    if (b >= 0 && b !== state.block) W.panel.open(b);
    if (b < 0) W.set({ block: -1 });
    if (b < 0 && id) {
      byId("find").value = id;
      found();
    }
  };
  const toLink = () => {
    const want = state.block < 0 ? "" : "#" + encodeURIComponent(data.blocks.id[state.block]);
    if (location.hash !== want) history.replaceState(null, "", want || location.href.split("#")[0]);
  };

  /* ---- keys ---- */
  const keys = (e) => {
    if (e.key === "Escape" && fold()) return;
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
    if (e.key === "/") {
      byId("find").focus();
      e.preventDefault();
    } else if (e.key === "j") W.panel.step(1);
    else if (e.key === "k") W.panel.step(-1);
    else if (e.key === "l" || e.key === "L") turnLanguage();
    else if (e.key === "Escape") W.set({ block: -1 });
    else if (/^[0-5]$/.test(e.key)) onlyGrade(Number(e.key));
  };

  /* ---- print: a still sheet takes the place of the page ---- */
  const toSheet = () => {
    const sheet = W.empty(byId("sheet")),
      f = state.flight;
    const shownImage = W.layers.right.image.getElement();
    const picture = shownImage && shownImage.naturalWidth ? W.jpeg(shownImage) : "";
    const spots = W.every.flatMap((b) => W.sides.spotsShown(f, b, false));
    sheet.appendChild(W.sheet.head(f, t("map")));
    const seen = { shown: W.shown, chosen: state.block, spots, image: picture };
    const map = W.figure.draw(f, Object.assign({ width: 1000, height: 847, fill: true }, seen));
    const legend = W.sheet.legend(f, spots.length && W.sides.FIRST);
    sheet.appendChild(
      el(
        "div",
        { class: "sheet-body" },
        el("div", { class: "sheet-map" }, map),
        el("div", { class: "sheet-side" }, W.sheet.shows(), legend, W.sheet.worst(f, W.shown)),
      ),
    );
  };
  window.addEventListener("beforeprint", toSheet);
  window.addEventListener("afterprint", () => W.empty(byId("sheet")));

  const frame = () => {
    document.documentElement.lang = state.lang === "en" ? "en" : "zh-CN";
    document.title = W.community() + " · " + t("map");
    byId("stage").setAttribute("aria-label", t("map"));
    C.redraw(byId("bar"), head);
    C.redraw(byId("tools"), tools);
  };
  const update = (changed) => {
    if (changed.lang || changed.flight || changed.compare) frame();
    if (changed.lang || changed.flight || changed.only || changed.compare) C.redraw(byId("legend"), legend);
    if (changed.compare || changed.flight || changed.lang) swipe();
    W.layers.map.invalidateSize({ animate: false, pan: false });
    W.layers.update(changed);
    W.panel.draw();
    if (changed.block) toLink();
  };

  frame();
  legend();
  W.layers.start();
  W.panel.draw();
  W.on(update);
  window.addEventListener("hashchange", fromLink);
  document.addEventListener("keydown", keys);
  document.addEventListener("click", (e) => {
    if (!e.target.closest || !e.target.closest(".find")) byId("found").hidden = true;
    if (!byId("tools").contains(e.target)) fold();
  });
  fromLink();
  document.documentElement.setAttribute("data-ready", "1");
})();
