/* charts: a strip of all blocks, steps over the flights, the share of each colour. */
W.charts = (function () {
  const { svg, el, t } = W;
  const WIDTH = 220;

  /* Thin marks of very many blocks would flow together: they are heaped up instead, the fullest place highest. */
  const MANY = 300,
    BIN = 4;
  const heap = (places) => {
    const counts = new Array(Math.ceil(WIDTH / BIN) + 1).fill(0);
    places.forEach((p) => {
      counts[Math.floor(p / BIN)] += 1;
    });
    const most = Math.max.apply(null, counts);
    return counts.map((n, i) => (n ? "M" + i * BIN + " 20v-" + Math.max(0.5, (13 * n) / most).toFixed(1) + "h" + BIN + "V20z" : "")).join("");
  };

  /* All blocks of the flight as thin marks, this block as a pin, the median and the rubric's cut as lines. */
  const strip = (f, column, block) => {
    const values = W.flight(f)[column].filter((v) => v !== null);
    const mine = W.value(f, column, block);
    const cut = W.data.thresholds[column];
    const known = cut === undefined ? values : values.concat([cut]);
    const top = Math.max.apply(null, known.concat([1])) * 1.02;
    const x = (v) => 4 + (WIDTH - 8) * Math.max(0, Math.min(1, v / top));
    const node = svg("svg", { viewBox: "0 0 " + WIDTH + " 26", class: "strip", "aria-hidden": "true" });
    node.appendChild(svg("line", { x1: 4, x2: WIDTH - 4, y1: 20, y2: 20, class: "axis" }));
    if (values.length <= MANY)
      values.forEach((v) => node.appendChild(svg("line", { x1: x(v), x2: x(v), y1: 11, y2: 20, class: "tick" })));
    else node.appendChild(svg("path", { d: heap(values.map(x)), class: "heap" }));
    const sorted = values.slice().sort((a, b) => a - b);
    if (sorted.length) {
      const m = x(sorted[Math.floor(sorted.length / 2)]);
      node.appendChild(svg("path", { d: "M" + m + " 20l-3 5h6z", class: "median" }));
    }
    if (cut !== undefined) node.appendChild(svg("line", { x1: x(cut), x2: x(cut), y1: 3, y2: 24, class: "cut" }));
    if (mine !== null) {
      node.appendChild(svg("line", { x1: x(mine), x2: x(mine), y1: 7, y2: 20, class: "mine" }));
      node.appendChild(svg("circle", { cx: x(mine), cy: 6, r: 4.2, class: "mine" }));
    }
    return node;
  };

  /* One column per flight: a square of the block's colour at its rung, and the clutter index as a line. */
  const history = (block) => {
    const n = W.data.flights.length,
      step = Math.max(30, Math.min(84, 330 / n)),
      width = 50 + step * n;
    const node = svg("svg", {
      viewBox: "0 0 " + width + " 134",
      class: "history",
      role: "img",
      "aria-label": t("history"),
    });
    node.style.maxWidth = width + "px";
    node.appendChild(svg("text", { x: 0, y: 130, text: t("clutter_short") }));
    W.data.grades.forEach((g) => {
      if (!g.number) return;
      const y = 98 - g.number * 17;
      node.appendChild(svg("line", { x1: 32, x2: width, y1: y, y2: y, class: "axis" }));
      node.appendChild(
        svg("text", { x: 22, y: y + 4, "text-anchor": "end", text: W.state.lang === "zh" ? g.zh : String(g.number) }),
      );
    });
    const lines = node.appendChild(svg("g"));
    let before = null;
    for (let f = 0; f < n; f += 1) {
      const g = W.grade(f, block),
        x = 34 + step * (f + 0.5),
        y = 98 - (g.number || 0) * 17;
      if (before && g.number)
        lines.appendChild(svg("line", { x1: before[0], y1: before[1], x2: x, y2: y, class: "step" }));
      before = g.number ? [x, y] : null;
      const square = svg("rect", { x: x - 7, y: y - 7, width: 14, height: 14, rx: 2, class: "grade-mark" });
      square.style.fill = g.colour;
      node.appendChild(square);
      const number = svg("text", { x: x, y: y + 4, "text-anchor": "middle", text: g.number || "–" });
      number.style.fill = g.ink;
      node.appendChild(number);
      const clutter = W.value(f, "clutter", block);
      node.appendChild(svg("text", { x: x, y: 130, "text-anchor": "middle", text: W.number(clutter, 0) }));
      const every = Math.ceil(n / 8),
        tag = W.data.flights[f].id;
      if (f % every === (n - 1) % every) {
        const props = { x: x, y: 114, "text-anchor": "middle", text: tag.length > 10 ? tag.slice(0, 9) + "…" : tag };
        if (f === W.state.flight) props.class = "now";
        node.appendChild(svg("text", props));
      }
    }
    return node;
  };

  /* The community in one bar: how many blocks of each colour. */
  const countBar = (counts) => {
    const bar = el("div", { class: "countbar", "aria-hidden": "true" });
    counts.forEach((n, i) => {
      if (!n) return;
      const g = W.data.grades[i];
      const part = el("span", { text: String(n) });
      part.style.flexGrow = n;
      part.style.background = g.colour;
      part.style.color = g.ink;
      bar.appendChild(part);
    });
    return bar;
  };

  /* The chance of each colour for one block, where the flight knows it. */
  const chances = (f, block) => {
    const parts = W.flight(f).chances.map((column) => column[block]);
    if (parts.every((p) => p === null)) return null;
    const bar = el("div", { class: "chances", role: "img", "aria-label": t("chances") });
    const words = [];
    parts.forEach((p, i) => {
      if (!p) return;
      const g = W.data.grades[i];
      const part = el("span", { title: W.gradeWords(g) + " " + W.percent(p) });
      part.style.flexGrow = p;
      part.style.background = g.colour;
      bar.appendChild(part);
      if (p >= 0.005) words.push(W.gradeWords(g) + " " + W.percent(p));
    });
    bar.setAttribute("aria-label", t("chances") + ": " + words.join(", "));
    return el("div", { class: "chances-row" }, bar, el("span", { class: "quiet", text: words.join(" · ") }));
  };

  return { strip, history, countBar, chances };
})();
