/* layers: the two sides of the map with a swipe between them, the chosen block, and where the map looks. */
W.layers = (function () {
  const { state } = W;
  const { Side, FIRST, FULL, INK, PAPER, map, view, near, latlngs, place } = W.sides;

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
    right.panes.forEach((p) => {
      p.style.clip = swiping ? rect(x, se.x) : "";
    });
    left.panes.forEach((p) => {
      p.style.clip = swiping ? rect(nw.x, x) : "";
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
  /* The buttons cover the left edge of the map: keep the community clear of them. */
  const fit = () =>
    map.fitBounds(bounds(W.every), { paddingTopLeft: [66, 14], paddingBottomRight: [14, 14], animate: false });
  const zoomTo = (b) =>
    map.fitBounds(bounds([b]), { padding: [50, 50], maxZoom: Math.max(3, map.getZoom()), animate: false });
  const focusSpot = (f, h) => map.setView(place(W.flight(f).spots.spot[h]), 4.5, { animate: false });

  const setView = (patch) => {
    Object.assign(view, patch);
    [left, right].forEach((side) => {
      if (side.image) side.image.setOpacity(view.image);
      side.restyle();
    });
  };

  const start = () => {
    document.body.appendChild(
      W.svg("svg", { class: "patterns", width: 0, height: 0, "aria-hidden": "true" }, W.figure.patterns("p-")),
    );
    map.invalidateSize({ animate: false, pan: false });
    map.options.minZoom = -10;
    map.options.maxZoom = 7;
    fit();
    map.setMinZoom(map.getZoom() - 2);
    L.control.scale({ imperial: false, position: "bottomright", maxWidth: 140 }).addTo(map);
    right.show(state.flight);
    let zoom = map.getZoom(),
      wasNear = near();
    map.on("move zoomend resize", clip);
    map.on("moveend", () => {
      const zoomed = zoom !== map.getZoom();
      zoom = map.getZoom();
      const crossed = wasNear !== near();
      wasNear = near();
      [left, right].forEach((side) => {
        if (crossed) side.restyle();
        else if (zoomed || !FULL) side.label();
        if (zoomed && !crossed) side.spot();
      });
    });
  };

  const update = (changed) => {
    if (changed.flight) right.show(state.flight);
    if (changed.compare || changed.flight) left.show(state.compare);
    if (changed.only || changed.filter || changed.compare || changed.flight) {
      right.restyle();
      left.restyle();
    }
    if (changed.block) {
      outlineChosen();
      [left, right].forEach((side) => side.restyle());
    }
    clip();
  };

  return { FIRST, map, view, right, start, update, fit, zoomTo, focusSpot, setView, setSplit };
})();
