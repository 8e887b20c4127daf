// @vladmandic/face-api on Node's WebAssembly back end: one line of JSON a picture, for bench/compare_peers.py.
// Reads paths, one a line, from standard input.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(process.cwd(), "peer.cjs"));
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");
const jpeg = require("jpeg-js");
const faceapi = require("@vladmandic/face-api/dist/face-api.node-wasm.js");

const home = dirname(require.resolve("@vladmandic/face-api/package.json"));
wasm.setWasmPaths(join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json")), "dist") + "/");
wasm.setThreadsCount(1);
await tf.setBackend("wasm");
await tf.ready();
for (const net of ["ssdMobilenetv1", "faceLandmark68Net", "faceRecognitionNet"]) {
  await faceapi.nets[net].loadFromDisk(join(home, "model"));
}
const options = new faceapi.SsdMobilenetv1Options({ minConfidence: 0.5 });
console.log(JSON.stringify({ version: faceapi.version.faceapi ?? faceapi.version }));

for await (const path of createInterface({ input: process.stdin })) {
  const start = performance.now();
  const { width, height, data } = jpeg.decode(readFileSync(path), { useTArray: true, formatAsRGBA: false });
  const picture = tf.tensor3d(data, [height, width, 3], "int32");
  const found = await faceapi.detectAllFaces(picture, options).withFaceLandmarks().withFaceDescriptors();
  picture.dispose();
  let best = null;
  let least = Infinity;
  for (const face of found) {
    const box = face.detection.box;
    const away = Math.hypot(box.x + box.width / 2 - width / 2, box.y + box.height / 2 - height / 2);
    if (away < least) [best, least] = [face, away];
  }
  console.log(JSON.stringify({ vector: best ? Array.from(best.descriptor) : null, ms: performance.now() - start }));
}
