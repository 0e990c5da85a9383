/* layers: the two sides of the map with a swipe between them, the chosen block, and where the map looks. */
W.layers = (function () {
  const { state } = W;
  const { Side, FIRST, FULL, INK, PAPER, map, view, near, tiny, latlngs, place } = W.sides;

  /* ---- the two sides ---- */
  const right = new Side("right"),
    left = new Side("left");
  let split = 0.5,
    chosen = null;

  const clip = () => {
    const swiping = left.flight >= 0,
      size = map.getSize(),
      at = size.x * split;
    const nw = map.containerPointToLayerPoint([0, 0]),
      se = map.containerPointToLayerPoint(size);
    const x = map.containerPointToLayerPoint([at, 0]).x;
    const rect = (a, b) => "rect(" + nw.y + "px," + b + "px," + se.y + "px," + a + "px)";
    const cut = (side, box) =>
      side.panes.slice(0, 3).forEach((p) => {
        p.style.clip = swiping ? box : "";
      });
    cut(right, rect(x, se.x));
    cut(left, rect(nw.x, x));
    const reserved = swiping ? heads() : [];
    right.tags.length && W.labels.aside(right, swiping ? at : null, reserved);
    if (swiping) W.labels.aside(left, at, reserved);
  };
  /* The two flights' names at the top of the swipe, as boxes that no label may cover. */
  const heads = () => {
    const stage = map.getContainer().getBoundingClientRect();
    return [...document.querySelectorAll(".swipe-left, .swipe-right")].map((node) => {
      const r = node.getBoundingClientRect();
      return [(r.left + r.right) / 2 - stage.left, (r.top + r.bottom) / 2 - stage.top, r.width + 8, r.height + 8];
    });
  };
  const setSplit = (v) => {
    split = Math.max(0.03, Math.min(0.97, v));
    clip();
  };

  const outlineChosen = () => {
    if (chosen) chosen.remove();
    chosen = null;
    if (state.block < 0) return;
    const shape = latlngs(W.figure.outline(state.block)),
      base = { pane: "chosen", interactive: false, fill: false, renderer: chosenRenderer };
    chosen = L.layerGroup([
      L.polygon(shape, Object.assign({ color: PAPER, weight: 8, opacity: 0.95 }, base)),
      L.polygon(shape, Object.assign({ color: INK, weight: 3 }, base)),
    ]).addTo(map);
  };
  map.createPane("chosen").style.zIndex = 420;
  map.getPane("chosen").style.pointerEvents = "none";
  const chosenRenderer = L.svg({ pane: "chosen", padding: 0.4 });

  const bounds = (blocks) => {
    const [l, d, r, u] = W.figure.box(blocks);
    return L.latLngBounds([
      [d, l],
      [u, r],
    ]);
  };
  /* As large as the stage allows; only where a control would hide a block, a margin is kept for it. */
  const MARGIN = 20;
  const hidden = (selector) => {
    const node = document.querySelector(selector),
      stage = map.getContainer().getBoundingClientRect();
    if (!node) return null;
    const r = node.getBoundingClientRect();
    const a = map.containerPointToLatLng([r.left - stage.left - 6, r.top - stage.top - 6]),
      z = map.containerPointToLatLng([r.right - stage.left + 6, r.bottom - stage.top + 6]);
    const inside = (p) => p[0] > a.lng && p[0] < z.lng && p[1] < a.lat && p[1] > z.lat;
    return W.every.some((b) => W.figure.outline(b).some((rings) => rings[0].some(inside))) ? r : null;
  };
  const fit = () => {
    const pad = { paddingTopLeft: [MARGIN, MARGIN], paddingBottomRight: [MARGIN, MARGIN], animate: false };
    map.fitBounds(bounds(W.every), pad);
    const tools = hidden(".zoom"),
      scale = hidden(".leaflet-control-scale"),
      note = hidden("#fields");
    if (tools) pad.paddingTopLeft = [tools.width + MARGIN + 4, MARGIN];
    const under = Math.max(scale ? scale.height : 0, note ? note.height : 0);
    if (under) pad.paddingBottomRight = [MARGIN, under + MARGIN + 4];
    if (tools || under) map.fitBounds(bounds(W.every), pad);
  };
  /* Where the map was before it went to a block: there it returns when the card is closed. */
  let before = null;
  const leave = () => {
    before = before || [map.getCenter(), map.getZoom()];
  };
  const zoomTo = (b) => {
    leave();
    map.fitBounds(bounds([b]), { padding: [50, 50], maxZoom: Math.max(3, map.getZoom()), animate: false });
  };
  const focusSpot = (f, h) => {
    leave();
    map.setView(place(W.spots(f).spot[h]), 4.5, { animate: false });
  };

  const setView = (patch) => {
    Object.assign(view, patch);
    [left, right].forEach((side) => {
      if (side.image) side.image.setOpacity(view.image);
      side.restyle();
    });
    clip();
  };

  const start = () => {
    document.body.appendChild(
      W.svg("svg", { class: "patterns", width: 0, height: 0, "aria-hidden": "true" }, W.figure.patterns("p-")),
    );
    map.invalidateSize({ animate: false, pan: false });
    map.options.minZoom = -10;
    map.options.maxZoom = 7;
    L.control.scale({ imperial: false, position: "bottomright", maxWidth: 140 }).addTo(map);
    fit();
    map.setMinZoom(map.getZoom() - 2);
    right.show(state.flight);
    const step = () => (near() ? 2 : tiny() ? 0 : 1);
    let zoom = map.getZoom(),
      was = step();
    map.on("move zoomend resize", clip);
    map.on("moveend", () => {
      const zoomed = zoom !== map.getZoom();
      zoom = map.getZoom();
      const crossed = was !== step();
      was = step();
      [left, right].forEach((side) => {
        if (crossed) side.restyle();
        else if (zoomed || !FULL) W.labels.place(side);
        if (zoomed && !crossed) side.spot();
      });
      clip();
    });
  };

  const update = (changed) => {
    if (changed.flight) right.show(state.flight);
    if (changed.compare || changed.flight) left.show(state.compare);
    if (changed.only || changed.filter || changed.compare || changed.flight) {
      right.restyle();
      left.restyle();
    }
    if (changed.lang) [left, right].forEach((side) => W.labels.place(side));
    if (changed.block) {
      if (state.block < 0 && before) {
        map.setView(before[0], before[1], { animate: false });
        before = null;
      }
      outlineChosen();
      [left, right].forEach((side) => side.restyle());
    }
    clip();
  };

  return { FIRST, map, view, right, start, update, fit, zoomTo, focusSpot, setView, setSplit };
})();
