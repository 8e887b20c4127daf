// The steps behind the notice.

import * as documentStep from "./document.js";
import * as faceStep from "./face.js";
import * as handoff from "./handoff.js";
import * as kept from "./kept.js";
import * as leaving from "./leaving.js";
import * as result from "./result.js";
import { addSteps } from "./steps.js";

addSteps({
  document: { name: "document", show: documentStep.show, guarded: true },
  capture: { name: "capture", show: faceStep.show, guarded: true, follows: true },
  again: { name: "again", show: result.again, guarded: true },
  wait: { name: "wait", show: result.wait, follows: true },
  watch: { name: "watch", show: handoff.watch, follows: true },
  alternative: { name: "alternative", show: result.attemptsOver },
  done: { name: "done", show: result.show },
  kept: { name: "kept", show: kept.show, guarded: true },
  handoff: { name: "handoff", show: handoff.show, guarded: true },
  other: { name: "other", show: leaving.other, guarded: true },
  stop: { name: "stop", show: leaving.stop, guarded: true },
});
