/* basemap: tiles of an online map under the flight's picture. Nothing is asked for before a person switches one on. */
W.basemap = (function () {
  const { data } = W;
  const { map } = W.sides;
  const SIZE = 256,
    MOST = 120;
  const pane = map.createPane("basemap");
  pane.style.zIndex = 190;
  pane.style.pointerEvents = "none";
  let now = null,
    tiles = {};

  /* The inverse of u = a x + b y + c, v = d x + e y + f. */
  const inverse = ([a, b, c, d, e, f]) => {
    const n = a * e - b * d;
    return [e / n, -b / n, (b * f - e * c) / n, -d / n, a / n, (d * c - a * f) / n];
  };
  const apply = ([a, b, c, d, e, f], x, y) => [a * x + b * y + c, d * x + e * y + f];

  const level = () => {
    const perMetre = Math.sqrt(Math.abs(now.at[0] * now.at[4] - now.at[1] * now.at[3]));
    const z = Math.round(Math.log2(Math.pow(2, map.getZoom()) / (perMetre * SIZE)));
    return Math.max(3, Math.min(now.most_zoom, z));
  };
  const wanted = (z) => {
    const n = Math.pow(2, z),
      b = map.getBounds();
    const corners = [b.getWest(), b.getEast()].reduce(
      (all, x) => all.concat([b.getSouth(), b.getNorth()].map((y) => apply(now.at, x, y).map((v) => v * n))),
      [],
    );
    const range = (k) => {
      const v = corners.map((c) => c[k]);
      return [Math.max(0, Math.floor(Math.min(...v))), Math.min(n - 1, Math.floor(Math.max(...v)))];
    };
    const [x0, x1] = range(0),
      [y0, y1] = range(1),
      found = [];
    for (let y = y0; y <= y1; y += 1) for (let x = x0; x <= x1; x += 1) found.push([z, x, y]);
    return found.slice(0, MOST);
  };
  const address = (template, z, x, y) => {
    const server = now.servers[(x + y) % now.servers.length];
    return template.replace("{s}", server).replace("{z}", z).replace("{x}", x).replace("{y}", y);
  };

  /* A tile's pixels are carried to the plane and from there to the layer by one matrix. */
  const lay = (node, z, x, y) => {
    const back = inverse(now.at),
      n = Math.pow(2, z);
    /* Not latLngToLayerPoint, which rounds: tiles have to meet. */
    const o = map.project([0, 0]).subtract(map.getPixelOrigin()),
      k = Math.pow(2, map.getZoom());
    const exact = (i, j) => {
      const [px, py] = apply(back, (x + i) / n, (y + j) / n);
      return [o.x + px * k, o.y - py * k];
    };
    const [p, q, r] = [exact(0, 0), exact(1, 0), exact(0, 1)];
    const m = [q[0] - p[0], q[1] - p[1], r[0] - p[0], r[1] - p[1]].map((v) => v / SIZE);
    node.style.transform = "matrix(" + m.concat(p).join(",") + ")";
  };

  const draw = () => {
    if (!now) return;
    const z = level(),
      old = tiles;
    tiles = {};
    wanted(z).forEach(([zz, x, y]) =>
      now.addresses.forEach((template) => {
        const src = address(template, zz, x, y);
        const node = old[src] || W.el("img", { src: src, alt: "", class: "base-tile", width: SIZE, height: SIZE });
        delete old[src];
        lay(node, zz, x, y);
        if (!node.parentNode) pane.appendChild(node);
        tiles[src] = node;
      }),
    );
    Object.keys(old).forEach((src) => old[src].remove());
  };
  const show = (id) => {
    now = data.basemaps.find((m) => m.id === id) || null;
    W.empty(pane);
    tiles = {};
    const credit = document.getElementById("credit");
    credit.textContent = now ? now.credit : "";
    credit.hidden = !now;
    draw();
  };
  map.on("moveend zoomend resize viewreset", draw);

  return { show, chosen: () => (now ? now.id : "") };
})();
