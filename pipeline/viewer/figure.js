/* figure: outlines, patterns, and the still picture of the map that print and report share. */
W.figure = (function () {
  const { svg, t } = W;

  /* Polygons of rings of [x, y] in metres, from steps in centimetres. */
  const unpack = (shape) =>
    shape.map((rings) =>
      rings.map((steps) => {
        const points = [];
        let x = 0,
          y = 0;
        for (let i = 0; i < steps.length; i += 2) {
          x += steps[i];
          y += steps[i + 1];
          points.push([x / 100, y / 100]);
        }
        return points;
      }),
    );
  const outline = W.each((b) => unpack(W.data.blocks.shape[b]));
  const box = (blocks) => {
    let l = Infinity,
      d = Infinity,
      r = -Infinity,
      u = -Infinity;
    blocks.forEach((b) =>
      outline(b).forEach((rings) =>
        rings[0].forEach((p) => {
          l = Math.min(l, p[0]);
          r = Math.max(r, p[0]);
          d = Math.min(d, p[1]);
          u = Math.max(u, p[1]);
        }),
      ),
    );
    return [l, d, r, u];
  };

  /* The middle width of all blocks, in metres: whether blocks are large enough for words, or for an outline. */
  const typical = () =>
    W.once("typical", () => {
      const wide = W.every.map((b) => box([b])).map((e) => e[2] - e[0]);
      return wide.sort((a, b) => a - b)[Math.floor(wide.length / 2)];
    });

  /* One pattern per grade, so that colours are told apart in greyscale and by colour-blind readers. */
  const MARKS = {
    cross: ["M0 0L12 12M12 0L0 12"],
    diagonal: ["M-3 3L3 -3M0 12L12 0M9 15L15 9"],
    horizontal: ["M0 6H12"],
    hatch: ["M-3 9L3 15M0 0L12 12M9 -3L15 3"],
    dots: [],
    plain: [],
  };
  /* The worse, the stronger: red is seen first, and under green the picture stays clear. */
  const STRENGTH = [0.16, 0.56, 0.46, 0.42, 0.34, 0.28];
  const patterns = (prefix) =>
    svg(
      "defs",
      {},
      W.data.grades.map((g) => {
        const tile = svg("pattern", { id: prefix + g.id, patternUnits: "userSpaceOnUse", width: 12, height: 12 });
        tile.appendChild(
          svg("rect", { width: 12, height: 12, fill: g.colour, "fill-opacity": STRENGTH[g.number] }),
        );
        MARKS[g.pattern].forEach((d) =>
          tile.appendChild(
            svg("path", { d: d, fill: "none", stroke: g.colour, "stroke-width": 1.5, "stroke-opacity": 0.9 }),
          ),
        );
        if (g.pattern === "dots")
          [
            [3, 3],
            [9, 9],
          ].forEach((c) => tile.appendChild(svg("circle", { cx: c[0], cy: c[1], r: 1.7, fill: g.colour })));
        return tile;
      }),
    );

  const NICE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
  const niceLength = (most) => NICE.filter((n) => n <= most).pop() || most;

  /* The map as one SVG of at most `width` by `height` units, so that words have the same size on paper whatever the
     shape of the place; or of just that size, if it is to `fill` it. Scale and north stand in a foot under the blocks;
     the picture under them is the flight's overview. */
  const EDGE = 18,
    FOOT = 52,
    LEAST = 300;
  const draw = (f, options) => {
    const o = Object.assign({ fill: false, spots: [], shown: () => true, chosen: -1, image: "" }, options);
    const [l, d, r, u] = box(W.every),
      k = Math.min((o.width - 2 * EDGE) / (r - l), (o.height - EDGE - FOOT) / (u - d));
    const width = o.fill ? o.width : Math.max(LEAST, (r - l) * k + 2 * EDGE),
      height = o.fill ? o.height : (u - d) * k + EDGE + FOOT;
    const left = (width - (r - l) * k) / 2,
      top = (height - FOOT + EDGE - (u - d) * k) / 2;
    const X = (x) => left + (x - l) * k,
      Y = (y) => top + (u - y) * k;
    const root = svg("svg", {
      viewBox: "0 0 " + width.toFixed(2) + " " + height.toFixed(2),
      class: "figure",
      role: "img",
    });
    root.setAttribute("aria-label", W.community() + " " + t("map") + " " + W.data.flights[f].id);
    const [bl, bd, br, bu] = W.data.flights[f].box;
    root.appendChild(svg("rect", { width, height, class: "figure-ground" }));
    const picture = svg("image", {
      href: o.image || W.image(f),
      x: X(bl),
      y: Y(bu),
      width: (br - bl) * k,
      height: (bu - bd) * k,
      preserveAspectRatio: "none",
    });
    /* A frame of its own, so that no picture shows beside a figure of another shape. */
    root.appendChild(svg("svg", { width, height }, picture));
    root.appendChild(patterns("fig-"));
    W.worst(f)
      .slice()
      .reverse()
      .forEach((b) => block(root, f, b, X, Y, o.shown(b)));
    if (o.chosen >= 0)
      ["figure-chosen under", "figure-chosen"].forEach((kind) =>
        root.appendChild(svg("path", { d: path(outline(o.chosen), X, Y), class: kind })),
      );
    o.spots.forEach((h) => spot(root, f, h, X, Y));
    names(root, f, o.shown, X, Y);
    scaleBar(root, k, width, height);
    north(root, width, height);
    return root;
  };

  const path = (polygons, X, Y) =>
    polygons
      .map((rings) =>
        rings
          .map((points) => "M" + points.map((p) => X(p[0]).toFixed(1) + " " + Y(p[1]).toFixed(1)).join("L") + "Z")
          .join(""),
      )
      .join("");

  /* Among very many blocks, outlines would leave no room for colours. */
  const FINE = W.every.length > 400;
  const block = (root, f, b, X, Y, shown) => {
    const g = W.grade(f, b),
      d = path(outline(b), X, Y),
      id = "fig-clip-" + b;
    if (!shown) {
      root.appendChild(svg("path", { d: d, class: "figure-dim" }));
      return;
    }
    const fill = { d: d, "fill-rule": "evenodd", fill: "url(#fig-" + g.id + ")", stroke: g.colour };
    if (FINE) {
      const flat = typical() * (X(1) - X(0)) < 26 ? { fill: g.colour, "fill-opacity": 0.85, stroke: "none" } : {};
      root.appendChild(svg("path", Object.assign(fill, { "stroke-width": 1 }, flat)));
      return;
    }
    const clip = { "clip-path": "url(#" + id + ")" };
    root.appendChild(svg("clipPath", { id: id }, svg("path", { d: d, "clip-rule": "evenodd" })));
    root.appendChild(svg("path", Object.assign(fill, { "stroke-width": 6 }, clip)));
    const provisional = W.value(f, "provisional", b),
      kind = provisional ? (W.light(g) ? "figure-dash dark-dash" : "figure-dash") : "figure-line";
    root.appendChild(svg("path", Object.assign({ d: d, class: kind }, clip)));
  };

  /* How wide words are in the bold type of names, in units or in px. */
  const width = (words) => {
    const pen = W.once("pen", () => document.createElement("canvas").getContext("2d"));
    pen.font = "600 12.5px " + getComputedStyle(document.body).fontFamily;
    return pen.measureText(words).width;
  };
  /* A long id as a whole where there is room for it, else its end: long ids of one place begin alike. */
  const SHORT = 8;
  const fitting = (id, room) => {
    if (id.length <= SHORT || width(id) <= room) return id;
    let most = SHORT - 1;
    while (most > 3 && width("…" + id.slice(-most)) > room) most -= 1;
    return "…" + id.slice(-most);
  };
  const nameWidth = (words) => 7 + width(words);

  /* The worst first; a name that would cover another stays away, and the list has it. Among very many blocks only
     those that the sheet lists and those with room for their own name have one. */
  const LISTED = 7;
  const names = (root, f, shown, X, Y) => {
    const taken = [],
      order = W.worst(f).filter(shown);
    order.forEach((b, i) => {
      const [x, y] = W.data.blocks.spot[b],
        [l, , r] = box([b]),
        words = fitting(W.data.blocks.id[b], X(r) - X(l) - 25),
        wide = nameWidth(words) + 18;
      if (FINE && i >= LISTED && X(r) - X(l) < wide) return;
      const p = [X(x), Y(y)];
      if (taken.some((q) => Math.abs(q[0] - p[0]) * 2 < q[2] + wide && Math.abs(q[1] - p[1]) < 20)) return;
      taken.push([p[0], p[1], wide]);
      name(root, f, b, X, Y, words);
    });
  };
  const name = (root, f, b, X, Y, words) => {
    const g = W.grade(f, b),
      [sx, sy] = W.data.blocks.spot[b],
      x = X(sx),
      y = Y(sy);
    const wide = nameWidth(words);
    const tag = svg("g", { class: "figure-name" });
    tag.appendChild(
      svg("rect", { x: x - wide / 2 - 8, y: y - 9, width: wide + 16, height: 18, rx: 3, class: "plate" }),
    );
    tag.appendChild(svg("rect", { x: x - wide / 2 - 8, y: y - 9, width: 16, height: 18, rx: 3, fill: g.colour }));
    tag.appendChild(
      svg("text", { x: x - wide / 2, y: y + 4.5, fill: g.ink, "text-anchor": "middle", text: g.number || "–" }),
    );
    tag.appendChild(svg("text", { x: x + 8, y: y + 4.5, "text-anchor": "middle", text: words }));
    root.appendChild(tag);
  };

  const spot = (root, f, h, X, Y) => {
    const table = W.spots(f),
      [sx, sy] = table.spot[h];
    root.appendChild(svg("circle", { cx: X(sx), cy: Y(sy), r: 5, class: "figure-spot" }));
  };

  const scaleBar = (root, k, width, height) => {
    const metres = niceLength((width * 0.22) / k),
      long = metres * k,
      y = height - 17,
      x = 18;
    const bar = svg("g", { class: "figure-scale" });
    bar.appendChild(svg("rect", { x: x - 10, y: y - 23, width: long + 48, height: 32, rx: 3, class: "plate" }));
    bar.appendChild(svg("rect", { x: x, y: y - 4, width: long / 2, height: 6, class: "dark" }));
    bar.appendChild(svg("rect", { x: x, y: y - 4, width: long, height: 6, class: "frame" }));
    [
      [0, "0"],
      [0.5, String(metres / 2)],
      [1, metres + " " + t("metres")],
    ].forEach(([at, words]) =>
      bar.appendChild(svg("text", { x: x + long * at, y: y - 9, "text-anchor": "middle", text: words })),
    );
    root.appendChild(bar);
  };

  const north = (root, width, height) => {
    const x = width - 28,
      y = height - 26;
    root.appendChild(
      svg(
        "g",
        { class: "figure-north" },
        svg("circle", { cx: x, cy: y, r: 22, class: "plate" }),
        svg("path", { d: "M" + x + " " + (y - 19) + "l7 24l-7 -6l-7 6z", class: "dark" }),
        svg("text", { x: x, y: y + 17, "text-anchor": "middle", text: t("north") }),
      ),
    );
  };

  return { LISTED, unpack, outline, box, typical, width, fitting, patterns, draw, niceLength };
})();
