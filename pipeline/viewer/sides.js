/* sides: one flight on one side of the map: imagery, blocks, labels and spots on Leaflet. */
W.sides = (function () {
  const { data, state, el, t } = W;
  const map = window.map_wuse;
  const COUNT = data.blocks.id.length;
  const FULL = COUNT <= 400,
    CANVAS = COUNT > 5000;
  const view = { blocks: true, labels: true, hotspots: true, fill: 1, image: 1 };
  const INK = "#14181b",
    PAPER = "#ffffff";

  /* A shape that listens for the focus, as Leaflet lets all with a tooltip, is a nameless stop of the Tab key: there
     would be one for each block and spot. The keyboard opens blocks in the list and in the search. */
  L.Layer.include({ _addFocusListeners: () => {} });

  /* A renderer whose blocks have their band of colour inside their own outline, so that neighbours stay apart. */
  const Bands = L.SVG.extend({
    _initPath: function (layer) {
      L.SVG.prototype._initPath.call(this, layer);
      if (!layer.options.band) return;
      layer._clip = L.SVG.create("path");
      layer._clip.setAttribute("clip-rule", "evenodd");
      const clip = L.SVG.create("clipPath");
      clip.id = layer.options.band;
      clip.appendChild(layer._clip);
      this._container.appendChild(clip);
      layer._path.setAttribute("clip-path", "url(#" + clip.id + ")");
    },
    _setPath: function (layer, d) {
      L.SVG.prototype._setPath.call(this, layer, d);
      if (layer._clip) layer._clip.setAttribute("d", d);
    },
    _removePath: function (layer) {
      L.SVG.prototype._removePath.call(this, layer);
      if (layer._clip) L.DomUtil.remove(layer._clip.parentNode);
    },
  });

  const latlngs = (shape) => shape.map((rings) => rings.map((ring) => ring.map((p) => [p[1], p[0]])));
  const place = (spot) => [spot[1], spot[0]];

  /* A spot that is not clear is only a place to look at: it is drawn thinly, so that the clear ones stand out. */
  const FAINT = { weight: 1, opacity: 0.75, dashArray: "3 3", fillOpacity: 0 };

  /* Zoomed in, the picture matters more than the colour, and every spot is shown; on the whole map only the first. */
  const near = () => map.getZoom() >= 2.25;
  /* Of very many blocks on the whole map each is a few pixels: colour alone, without outlines or numbers. */
  const tiny = () => !FULL && W.figure.typical() * Math.pow(2, map.getZoom()) < 26;
  const FIRST = Math.max(30, Math.min(100, COUNT));

  /* ---- one flight on one side of the map ---- */
  const Side = function (key) {
    this.key = key;
    this.flight = -1;
    this.blocks = [];
    this.tags = [];
    this.panes = ["image", "block", "spot", "label"].map((name, i) => {
      const pane = map.createPane(name + "-" + key);
      pane.style.zIndex = [210, 410, 430, 440][i] + (key === "left" ? 0 : 1);
      if (name === "label") pane.style.pointerEvents = "none";
      return pane;
    });
    const options = { pane: "block-" + key, padding: CANVAS ? 0.1 : 0.4 };
    this.renderer = CANVAS ? L.canvas(options) : new Bands(options);
    this.spotRenderer = L.svg({ pane: "spot-" + key, padding: 0.4 });
    /* One listener and one tooltip for all blocks: thousands of them would take longer than drawing. */
    this.group = L.featureGroup().on("click", (e) => W.set({ block: e.layer.block, tab: "overview" }));
    if (!L.Browser.touch || L.Browser.pointer)
      this.group.bindTooltip((band) => tip(this.flight, band.block), { sticky: true, className: "tip", opacity: 1 });
    this.labels = L.layerGroup();
    this.spots = L.layerGroup();
  };

  Side.prototype.show = function (f) {
    if (this.flight === f) return;
    this.clear();
    this.flight = f;
    if (f < 0) return;
    const [l, d, r, u] = data.flights[f].box;
    this.image = L.imageOverlay(
      W.image(f),
      [
        [d, l],
        [u, r],
      ],
      { pane: "image-" + this.key, alt: "" },
    );
    this.image.addTo(map).setOpacity(view.image);
    W.worst(f)
      .slice()
      .reverse()
      .forEach((b) => this.addBlock(b));
    this.group.addTo(map);
    this.labels.addTo(map);
    this.spots.addTo(map);
    if (CANVAS) this.mark();
    else this.restyle();
  };

  Side.prototype.clear = function () {
    if (this.image) this.image.remove();
    this.tags = [];
    [this.group, this.labels, this.spots].forEach((group) => group.clearLayers());
    this.blocks = [];
    this.flight = -1;
  };

  Side.prototype.addBlock = function (b) {
    const shape = latlngs(W.figure.outline(b)),
      base = { renderer: this.renderer, pane: "block-" + this.key, noClip: CANVAS };
    const clip = { band: CANVAS ? "" : "clip-" + this.key + "-" + b };
    const band = L.polygon(shape, Object.assign(this.style(b), clip, base));
    band.block = b;
    this.group.addLayer(band);
    const line = FULL
      ? L.polygon(shape, Object.assign({ interactive: false, band: "line-" + this.key + "-" + b }, base))
      : null;
    if (line) {
      line.block = b;
      this.group.addLayer(line);
    }
    this.blocks[b] = { band, line };
    if (band._path) {
      band._path.setAttribute("data-block", data.blocks.id[b]);
    }
  };

  Side.prototype.style = function (b) {
    const g = W.grade(this.flight, b),
      on = view.blocks && W.shown(b),
      provisional = W.value(this.flight, "provisional", b),
      strength = FULL ? 1 : tiny() ? 0.85 : 0.5;
    return {
      stroke: !tiny(),
      fill: view.blocks,
      fillColor: FULL ? "url(#p-" + g.id + ")" : g.colour,
      fillOpacity: (on ? strength : 0) * view.fill * (b === state.block ? 0.3 : near() ? 0.65 : 1),
      color: g.colour,
      opacity: on ? 1 : 0,
      weight: FULL ? 8 : 2,
      dashArray: provisional && on && !FULL ? "7 5" : null,
      lineCap: "butt",
    };
  };

  Side.prototype.restyle = function () {
    const f = this.flight;
    if (f < 0) return;
    W.every.forEach((b) => {
      const on = view.blocks && W.shown(b),
        { band, line } = this.blocks[b];
      const provisional = !!W.value(f, "provisional", b),
        dark = provisional && W.light(W.grade(f, b));
      band.setStyle(this.style(b));
      if (band._path) band._path.setAttribute("data-block", data.blocks.id[b]);
      if (line)
        line.setStyle({
          fill: false,
          lineCap: W.apart(b) ? "round" : "butt",
          color: on && !W.apart(b) && !dark ? PAPER : INK,
          weight: !on ? 1 : W.apart(b) ? 7 : dark ? 3 : provisional ? 5 : 1.8,
          opacity: view.blocks ? 0.95 : 0,
          dashArray: !on ? null : W.apart(b) ? "2 7" : provisional ? "5 5" : null,
        });
    });
    this.mark();
  };

  Side.prototype.mark = function () {
    W.labels.place(this);
    this.spot();
  };

  /* The block's spots that the map shows from afar or from nearby; paper shows the same. */
  const spotsShown = (f, b, close) => {
    const mine = b === state.block;
    if (!view.hotspots || !W.shown(b) || (COUNT > 1000 && !mine)) return [];
    return W.spotsOf(f)[b].filter((h) => close || mine || W.spots(f).rank[h] <= FIRST);
  };

  Side.prototype.spot = function () {
    this.spots.clearLayers();
    const f = this.flight;
    if (f < 0) return;
    const table = W.spots(f),
      close = near();
    W.every.forEach(
      (b) =>
        spotsShown(f, b, close).forEach((h) => {
          const mine = b === state.block;
          const open = () => {
            W.set({ block: b, tab: "overview" });
            W.layers.focusSpot(f, h);
          };
          const base = { renderer: this.spotRenderer, pane: "spot-" + this.key, color: PAPER, fillColor: INK };
          if (close) {
            const shape = latlngs(W.figure.unpack(table.shape[h]));
            const line = (style) => L.polygon(shape, Object.assign({}, base, style)).on("click", open);
            if (table.clear[h]) {
              this.spots.addLayer(line({ color: INK, weight: 4, opacity: 0.8, fillOpacity: 0, interactive: false }));
              this.spots.addLayer(line({ weight: 2, fillOpacity: 0.04 }));
            } else this.spots.addLayer(line(FAINT));
            if (large(table.area_m2[h]) || !table.clear[h]) return;
          }
          const dot = L.circleMarker(
            place(table.spot[h]),
            Object.assign({}, base, {
              radius: mine ? 5 : 3,
              weight: mine ? 1.8 : 1.2,
              fillOpacity: 0.95,
              opacity: 1,
            }),
          );
          dot.bindTooltip(
            () => el("span", { text: t("rank", { n: table.rank[h] }) + " · " + W.label(data.kinds[table.kind[h]]) }),
            { className: "tip" },
          );
          this.spots.addLayer(dot.on("click", open));
        }),
    );
  };

  /* A spot whose outline is large enough to be hit needs no dot on top of what it shows. */
  const large = (area) => (area || 0) * Math.pow(4, map.getZoom()) > 120;

  const tip = (f, b) => {
    const g = W.grade(f, b),
      reasons = W.sentences(W.text(f, W.pick("reasons_zh", "reasons_en"), b)).slice(0, 4);
    const name = W.blockName(b),
      id = data.blocks.id[b];
    return el(
      "div",
      { class: "tip-body" },
      el(
        "strong",
        {},
        W.swatch(g, !!W.value(f, "provisional", b)),
        el("span", { text: id }),
        name !== id && el("span", { class: "tip-name", text: name }),
      ),
      el("p", {
        text:
          W.flightOf(f) +
          W.gradeWords(g) +
          " · " +
          W.pick(g.meaning_zh, g.meaning_en) +
          (W.value(f, "provisional", b) ? " · " + t("provisional") : ""),
      }),
      el(
        "ul",
        {},
        reasons.map((r) => el("li", { text: r })),
      ),
    );
  };

  return { Side, FIRST, FULL, INK, PAPER, map, view, near, tiny, latlngs, place, spotsShown };
})();
