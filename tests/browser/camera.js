// Cameras for the page under test, in place of the machine's: canvas streams on which somebody is painted who hears what
// the server asks over the page's WebSocket, does it, and takes the colour of the page's light on the skin.
//
// Given beforehand: `cameraPlan`, as `Cameras` of tests/browser_material.py makes it. For tests, `cameras`:
//   cameras.show("face" | "document" | "nobody")   what stands before them from now on; "" as it goes by itself
//   cameras.refuse("NotAllowedError" | ...)        the next request fails so; "" no more
//   cameras.unplug()                               every track ends, as when a cable is pulled
//   cameras.devices = [...]                        what is connected now; tells the page of a change
//   cameras.person                                 the pose of whoever is before them
//   cameras.painters.document = (pen, size) => {...}    another document, or whatever is to be seen
//   cameras.asked, cameras.live(), cameras.heard   constraints asked for; running tracks; messages of the server
"use strict";
(() => {
  const plan = globalThis.cameraPlan;
  const state = {
    asked: [], heard: [], tracks: new Set(), refused: plan.refuse, shown: "", devices: plan.devices, capturing: false,
    prompt: null, since: 0, colour: null, granted: plan.granted,
  };

  // ---- what the server asks

  const Native = globalThis.WebSocket;
  globalThis.WebSocket = class WebSocket extends Native {
    constructor(...given) {
      super(...given);
      if (!String(given[0]).includes("/h/v1/capture")) return;
      state.capturing = true;
      state.prompt = null;
      this.addEventListener("message", (event) => {
        if (typeof event.data !== "string") return;
        const message = JSON.parse(event.data);
        state.heard.push(message);
        if (message.type === "prompt") [state.prompt, state.since] = [message.prompt, performance.now()];
        if (message.type === "rest" || message.type === "finishing") [state.prompt, state.since] = [null, performance.now()];
      });
      this.addEventListener("close", () => { state.prompt = null; state.capturing = false; });
    }
  };

  /** The mean colour of what fills the page now, [r, g, b], as somebody before the screen is lit by it. */
  function colourOfPage() {
    const [w, h] = [innerWidth, innerHeight];
    const sum = [0, 0, 0];
    const places = [[0.05, 0.05], [0.95, 0.05], [0.05, 0.95], [0.95, 0.95], [0.5, 0.1], [0.5, 0.9], [0.1, 0.5], [0.9, 0.5]];
    for (const [x, y] of places) {
      let seen = [255, 255, 255];
      for (const element of document.elementsFromPoint(x * w, y * h)) {
        const parts = getComputedStyle(element).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
        if (parts.length >= 3 && (parts[3] ?? 1) > 0.9) { seen = parts; break; }
      }
      for (let i = 0; i < 3; i += 1) sum[i] += seen[i] / places.length;
    }
    return sum;
  }

  // ---- who is before the camera

  const ease = (x) => { const t = Math.min(1, Math.max(0, x)); return t * t * (3 - 2 * t); };

  /** What the person aims for: angles in degrees (their own left and up are positive), eyes 0 open .. 1 closed. null:
   * whatever was aimed for before, since nobody reacts at once. */
  function aim() {
    const since = (performance.now() - state.since) / 1000;
    const pace = plan.pace;
    const ask = state.prompt?.ask ?? null;
    const ahead = { yaw: 0, pitch: 0, eyes: 0 };
    if (plan.still || !ask || ask === "light") return since > pace.reaction_s / 2 ? ahead : null;
    if (since < pace.reaction_s) return null;
    // a prompt that stays is answered further
    const more = since > pace.reaction_s + pace.move_s + 1.2 ? 1.15 : 1;
    if (ask === "turn_left") ahead.yaw = pace.turn * more;
    if (ask === "turn_right") ahead.yaw = -pace.turn * more;
    if (ask === "look_up") ahead.pitch = pace.nod * more;
    if (ask === "look_down") ahead.pitch = -pace.nod * more;
    if (ask === "close_eyes") ahead.eyes = 1;
    return ahead;
  }

  const person = { yaw: 0, pitch: 0, eyes: 0 };
  const moves = { yaw: null, pitch: null, eyes: null };
  function move() {
    const now = performance.now();
    const wanted = aim();
    for (const name of ["yaw", "pitch", "eyes"]) {
      const to = wanted?.[name];
      if (to !== undefined && moves[name]?.to !== to) moves[name] = { from: person[name], to, at: now };
      const going = moves[name];
      if (!going) continue;
      const takes = name === "eyes" ? plan.pace.lids_s : plan.pace.move_s;
      person[name] = going.from + (going.to - going.from) * ease((now - going.at) / 1000 / takes);
    }
    return person;
  }

  // ---- painters: each makes one picture of the scene on a 2D context

  /** A person as in a picture book: nobody in particular, and no face that a model would look for. */
  function drawnFace(g, { width, height }) {
    const { yaw, pitch, eyes } = move();
    const t = performance.now() / 1000;
    const unit = height / 480;
    const wall = g.createLinearGradient(0, 0, 0, height);
    wall.addColorStop(0, "#e9e4dc"); wall.addColorStop(1, "#cfc8bd");
    g.fillStyle = wall; g.fillRect(0, 0, width, height);
    g.save();
    g.translate(width / 2 + 2 * Math.sin(t * 1.3), height / 2 + 1.5 * Math.sin(t * 1.9));
    g.scale(unit, unit);
    g.fillStyle = "#3f6f8f"; g.beginPath(); g.ellipse(0, 300, 190, 150, 0, 0, 7); g.fill();
    g.fillStyle = "#c98f6b"; g.fillRect(-38, 90, 76, 90);
    g.fillStyle = "#3b2a22"; g.beginPath(); g.ellipse(0, -32, 112, 140, 0, 0, 7); g.fill();
    g.fillStyle = "#dba47d"; g.beginPath(); g.ellipse(0, 5, 92, 122, 0, 0, 7); g.fill();
    const [dx, dy] = [yaw * 1.6, -pitch * 1.6];
    g.fillStyle = "#3b2a22"; g.beginPath(); g.ellipse(dx * 0.3, -92 + dy * 0.4, 90, 42, 0, Math.PI, 0); g.fill();
    for (const side of [-1, 1]) {
      const x = side * 36 + dx;
      g.strokeStyle = "#3b2a22"; g.lineWidth = 5; g.lineCap = "round";
      g.beginPath(); g.moveTo(x - 15, -34 + dy); g.quadraticCurveTo(x, -42 + dy, x + 15, -34 + dy); g.stroke();
      const open = 1 - eyes;
      if (open > 0.15) {
        g.fillStyle = "#fff"; g.beginPath(); g.ellipse(x, -12 + dy, 14, 8 * open, 0, 0, 7); g.fill();
        g.fillStyle = "#2b2118"; g.beginPath(); g.ellipse(x + dx * 0.15, -12 + dy, 6, 6 * open, 0, 0, 7); g.fill();
      } else {
        g.lineWidth = 3.5; g.beginPath(); g.moveTo(x - 13, -11 + dy); g.quadraticCurveTo(x, -5 + dy, x + 13, -11 + dy); g.stroke();
      }
    }
    g.strokeStyle = "#b77d58"; g.lineWidth = 5;
    g.beginPath(); g.moveTo(dx * 1.2, 2 + dy); g.quadraticCurveTo(-12 + dx * 1.4, 34 + dy, 6 + dx * 1.3, 36 + dy); g.stroke();
    g.strokeStyle = "#9d4f46"; g.lineWidth = 6;
    g.beginPath(); g.moveTo(-26 + dx, 68 + dy); g.quadraticCurveTo(dx, 82 + dy, 26 + dx, 68 + dy); g.stroke();
    g.restore();
    if (state.prompt?.ask === "light") {
      const [r, gr, b] = colourOfPage();
      g.globalCompositeOperation = "soft-light";
      g.fillStyle = `rgba(${r}, ${gr}, ${b}, 0.35)`; g.fillRect(0, 0, width, height);
      g.globalCompositeOperation = "source-over";
    }
  }

  /** A page of a passport of nowhere. */
  function drawnDocument(g, { width, height }) {
    g.fillStyle = "#5a5048"; g.fillRect(0, 0, width, height);
    const t = performance.now() / 1000;
    const [w, h] = [width * 0.84, width * 0.84 * 88 / 125];
    g.save();
    g.translate(width / 2 + Math.sin(t), height / 2 + Math.cos(t * 1.2));
    g.fillStyle = "#eef3ea"; g.fillRect(-w / 2, -h / 2, w, h);
    g.fillStyle = "#c8d8c4"; g.fillRect(-w / 2, -h / 2, w, h * 0.12);
    g.fillStyle = "#b9c4cf"; g.fillRect(-w * 0.46, -h * 0.32, w * 0.26, h * 0.46);
    g.fillStyle = "#6c7a86";
    g.beginPath(); g.ellipse(-w * 0.33, -h * 0.14, w * 0.06, h * 0.11, 0, 0, 7); g.fill();
    g.beginPath(); g.ellipse(-w * 0.33, h * 0.13, w * 0.11, h * 0.12, 0, Math.PI, 0); g.fill();
    g.fillStyle = "#2f3a33"; g.font = `600 ${h * 0.06}px sans-serif`; g.textAlign = "left";
    ["UTOPIA   SPECIMEN", "ERIKSSON", "ANNA MARIA", "L898902C3", "15 JUN 1985"].forEach((line, i) =>
      g.fillText(line, -w * 0.15, -h * (0.4 - i * 0.12)));
    g.font = `${h * 0.068}px monospace`;
    g.fillText("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<", -w * 0.47, h * 0.34, w * 0.94);
    g.fillText("L898902C36UTO8506154F3105049<<<<<<<<<<<", -w * 0.47, h * 0.44, w * 0.94);
    g.restore();
  }

  function nobody(g, { width, height }) {
    g.fillStyle = "#d8d2c8"; g.fillRect(0, 0, width, height);
  }

  // ---- somebody of the laboratory: pictures of every pose, made beforehand, with light and noise put on them here

  const SCENE = { width: 640, height: 480 };

  /** As tests/browser_actor.py packs them: JPEG files, their poses, and where light falls. */
  async function unpacked(packed) {
    const bytes = Uint8Array.from(atob(packed.data), (letter) => letter.charCodeAt(0));
    const part = ([start, end]) => bytes.subarray(start, end);
    const poses = [];
    for (const pose of packed.poses) {
      poses.push({ ...pose, picture: await createImageBitmap(new Blob([part(pose.at)], { type: "image/jpeg" })) });
    }
    const page = packed.document && await createImageBitmap(new Blob([part(packed.document)], { type: "image/jpeg" }));
    const shade = new Uint8Array(SCENE.width * SCENE.height);
    const [cells, across, down] = [part(packed.shade), SCENE.width / 4, SCENE.height / 4];
    for (let y = 0; y < SCENE.height; y += 1) {
      const v = Math.min(down - 1.001, Math.max(0, (y + 0.5) / 4 - 0.5));
      for (let x = 0; x < SCENE.width; x += 1) {
        const u = Math.min(across - 1.001, Math.max(0, (x + 0.5) / 4 - 0.5));
        const [a, b] = [Math.floor(v) * across + Math.floor(u), u % 1];
        const upper = cells[a] * (1 - b) + cells[a + 1] * b;
        const lower = cells[a + across] * (1 - b) + cells[a + across + 1] * b;
        shade[y * SCENE.width + x] = upper * (1 - (v % 1)) + lower * (v % 1);
      }
    }
    return { poses, page, shade, share: packed.share };
  }

  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const NOISE = 1 << 20;
  const noise = new Int8Array(plan.sprites ? NOISE : 0).map(() => Math.round(plan.noise * normal()));
  const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const wave = (seconds, turn) => Math.sin(2 * Math.PI * (performance.now() / 1000 / seconds + turn));
  let [blink, small] = [0, null];

  function spriteFace(g, { width, height }) {
    const { yaw, pitch, eyes } = move();
    const now = performance.now();
    if (!state.prompt && now > blink + 200) blink = now + 2_000 + 3_000 * Math.random();
    const shut = Math.max(eyes, !state.prompt && now > blink ? 1 : 0);
    let best = null;
    let least = Infinity;
    for (const pose of sprites.poses) {
      const apart = (pose.yaw - yaw) ** 2 + (pose.pitch - pitch) ** 2 + (15 * (pose.eyes - shut)) ** 2;
      if (apart < least) [best, least] = [pose, apart];
    }
    small ??= Object.assign(document.createElement("canvas"), SCENE).getContext("2d", { willReadFrequently: true });
    small.setTransform(1, 0, 0, 1, 0, 0);
    small.drawImage(best.picture, 0, 0);
    const lean = plan.still ? 0 : 0.008 * wave(4.1, 0.2) + 0.005 * wave(2.3, 0.7);
    const [x, y] = [2.4 * wave(3.7, 0) + 0.8 * wave(0.61, 0.4), 1.8 * wave(5.3, 0.3) + 0.7 * wave(0.53, 0.1)];
    small.translate(320 + x, 360 + y);
    small.rotate(lean);
    small.drawImage(best.picture, -320, -360);
    const image = small.getImageData(0, 0, SCENE.width, SCENE.height);
    const px = image.data;
    let at = Math.floor(Math.random() * (NOISE / 2));
    if (state.prompt?.ask === "light" && sprites.share > 0) {
      const gains = colourOfPage().map((value) => {
        const light = sprites.share * linear(value);
        return Float32Array.from({ length: 256 }, (_, level) => (1 + (light * level) / 255) ** (1 / 2.2));
      });
      const [red, green, blue] = gains;
      for (let i = 0, p = 0; i < px.length; i += 4, p += 1) {
        const level = sprites.shade[p];
        const n = noise[(at + p) & (NOISE - 1)];
        px[i] = px[i] * red[level] + n;
        px[i + 1] = px[i + 1] * green[level] + n;
        px[i + 2] = px[i + 2] * blue[level] + n;
      }
    } else {
      for (let i = 0; i < px.length; i += 4) {
        const n = noise[at++ & (NOISE - 1)];
        px[i] += n;
        px[i + 1] += n;
        px[i + 2] += n;
      }
    }
    if (width === SCENE.width && height === SCENE.height) { g.putImageData(image, 0, 0); return; }
    small.setTransform(1, 0, 0, 1, 0, 0);
    small.putImageData(image, 0, 0);
    const scale = Math.max(width / SCENE.width, height / SCENE.height);
    const [w, h] = [SCENE.width * scale, SCENE.height * scale];
    g.drawImage(small.canvas, (width - w) / 2, (height - h) / 2, w, h);
  }

  /** The photograph of a document, as large as it fits, in a hand that is not quite still. */
  function spriteDocument(g, { width, height }) {
    g.fillStyle = "#4a443d";
    g.fillRect(0, 0, width, height);
    const { page } = sprites;
    const scale = Math.min(width / page.width, height / page.height);
    const [w, h] = [page.width * scale, page.height * scale];
    g.drawImage(page, (width - w) / 2 + wave(3.1, 0), (height - h) / 2 + wave(2.7, 0.3), w, h);
  }

  let sprites = null;
  const painters = { face: drawnFace, document: drawnDocument, nobody };
  /** Begun with the page: a camera has nothing to unpack when it is opened. */
  const unpacking = plan.sprites ? unpacked(globalThis.cameraSprites) : null;
  unpacking?.catch(() => undefined); // the page was left meanwhile
  const load = async () => {
    if (!unpacking || sprites) return;
    sprites = await unpacking;
    painters.face = spriteFace;
    if (sprites.page) painters.document = spriteDocument;
  };
  const what = () => state.shown || (state.capturing || !plan.documentFirst ? "face" : "document");

  // ---- the cameras

  function stream(device, asked) {
    const canvas = document.createElement("canvas");
    const [w, h] = [ideal(asked?.width) ?? plan.width, ideal(asked?.height) ?? plan.height].map(Number);
    const most = Math.min(1, plan.most / w, plan.most / h);
    const size = { width: Math.round(w * most), height: Math.round(h * most) };
    Object.assign(canvas, size);
    const g = canvas.getContext("2d", { willReadFrequently: true });
    const found = canvas.captureStream(0);
    const [track] = found.getVideoTracks();
    const paint = () => { painters[what()](g, size); track.requestFrame(); };
    paint();
    const timer = setInterval(paint, 1000 / plan.rate);
    const settings = { ...size, deviceId: device.deviceId, groupId: device.groupId, frameRate: plan.rate };
    if (device.facing) settings.facingMode = device.facing;
    Object.defineProperty(track, "label", { value: device.label });
    track.getSettings = () => ({ ...settings });
    track.getCapabilities = () => ({ deviceId: device.deviceId, facingMode: device.facing ? [device.facing] : [] });
    track.applyConstraints = async () => undefined;
    const stop = track.stop.bind(track);
    track.stop = () => { clearInterval(timer); state.tracks.delete(track); stop(); };
    state.tracks.add(track);
    return found;
  }

  const exact = (value) => (value && typeof value === "object" ? value.exact : undefined);
  const ideal = (value) => (value && typeof value === "object" ? value.exact ?? value.ideal : value);

  function chosen(video) {
    const asked = typeof video === "object" ? video : {};
    const found = state.devices.filter((device) =>
      (exact(asked.deviceId) === undefined || exact(asked.deviceId) === device.deviceId)
      && (exact(asked.facingMode) === undefined || exact(asked.facingMode) === device.facing));
    return found.find((device) => ideal(asked.deviceId) !== undefined && ideal(asked.deviceId) === device.deviceId)
      ?? found.find((device) => ideal(asked.facingMode) !== undefined && ideal(asked.facingMode) === device.facing)
      ?? found[0];
  }

  const media = navigator.mediaDevices;
  media.getUserMedia = async (constraints) => {
    state.asked.push(JSON.parse(JSON.stringify(constraints ?? {})));
    if (constraints?.audio) throw new DOMException("no page of ours listens", "NotAllowedError");
    if (state.refused) throw new DOMException("refused", state.refused);
    if (!state.devices.length) throw new DOMException("there is none", "NotFoundError");
    const device = chosen(constraints?.video);
    if (!device) throw new DOMException("none is so", "OverconstrainedError");
    await load();
    state.granted = true;
    return stream(device, constraints.video);
  };
  media.enumerateDevices = async () => state.devices.map((device) => ({
    kind: "videoinput", groupId: device.groupId, toJSON() { return this; },
    deviceId: state.granted ? device.deviceId : "", label: state.granted ? device.label : "",
  }));

  globalThis.cameras = {
    asked: state.asked,
    heard: state.heard,
    painters,
    person,
    live: () => state.tracks.size,
    refuse: (name) => { state.refused = name; },
    grant: (told) => { state.granted = told; },
    show: (name) => { state.shown = name; },
    unplug: () => {
      for (const track of [...state.tracks]) { track.stop(); track.dispatchEvent(new Event("ended")); }
    },
    get devices() { return state.devices; },
    set devices(list) { state.devices = list; media.dispatchEvent(new Event("devicechange")); },
  };
})();
