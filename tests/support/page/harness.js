// What a test does with livekit-client in a page: join, publish, watch numbers, send data, read statistics.
"use strict";
const sdk = window.LivekitClient;
sdk.setLogLevel("warn");

const state = {
  room: null,
  joinedAt: 0,
  events: [], // [milliseconds since join, name, detail]
  data: [], // {from, text, topic, reliable}
  firstFrameMs: {}, // identity -> milliseconds from join to the first picture shown
  pictureAt: {}, // identity -> when the last picture was shown
  longestPauseMs: {}, // identity -> longest time between two pictures shown since resetPauses
  numbers: {}, // identity -> numbers read from the pictures, null where unreadable
  transportStates: [], // every change of a DTLS transport
};

// A busy machine is slow, not wrong: the SDK waits as long as the tests do.
const PATIENCE_MS = 60_000;
const quietEvents = /devicesChanged|dcBufferStatusChanged|activeSpeakersChanged|connectionQualityChanged/i;

async function join(url, token, options) {
  const room = new sdk.Room({
    adaptiveStream: false,
    dynacast: options.dynacast ?? false,
    singlePeerConnection: options.single ?? true,
    publishDefaults: {
      // Simulcast and codec stay the SDK's defaults unless a test asks otherwise.
      ...(options.simulcast === undefined ? {} : { simulcast: options.simulcast }),
      ...(options.codec ? { videoCodec: options.codec } : {}),
      ...(options.maxBps ? { videoEncoding: { maxBitrate: options.maxBps, maxFramerate: 30 } } : {}),
    },
  });
  state.room = room;
  state.joinedAt = performance.now();
  for (const event of Object.values(sdk.RoomEvent)) {
    room.on(event, (...facts) => {
      if (!quietEvents.test(event)) state.events.push([sinceJoin(), event, facts.map(describe)]);
    });
  }
  room.on("dataReceived", (payload, sender, kind, topic) =>
    state.data.push({ text: new TextDecoder().decode(payload), from: sender?.identity, topic, reliable: kind === 0 }),
  );
  room.on("trackSubscribed", (track, publication, participant) => show(track, participant.identity, options));
  room.on("trackUnsubscribed", (track) => track.detach().forEach((element) => element.remove()));
  const patience = { peerConnectionTimeout: PATIENCE_MS, websocketTimeout: PATIENCE_MS };
  const ways = options.relay ? { rtcConfig: { iceTransportPolicy: "relay" } } : {};
  await room.connect(url, token, { ...patience, ...ways });
  return { sid: room.localParticipant.sid, tookMs: sinceJoin() };
}

async function publish({ video = true, sound = true, width = 640, height = 360, frameRate = 15 } = {}) {
  const local = state.room.localParticipant;
  if (video) await local.setCameraEnabled(true, { resolution: { width, height, frameRate } });
  // The marks must arrive as they are: no cleaning of the sound.
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  if (sound) await local.setMicrophoneEnabled(true, raw);
  return { tookMs: sinceJoin() };
}

function show(track, identity, options) {
  const element = track.attach();
  element.muted = track.kind === "video"; // muted sound is not measured either: no energy in the statistics
  document.body.append(element);
  element.play?.().catch(() => {});
  if (track.kind !== "video") return;
  const read = options.numbers ? numberReader(element) : null;
  state.numbers[identity] ??= [];
  const onFrame = () => {
    const now = performance.now();
    state.firstFrameMs[identity] ??= sinceJoin();
    state.longestPauseMs[identity] = Math.max(state.longestPauseMs[identity] ?? 0, now - (state.pictureAt[identity] ?? now));
    state.pictureAt[identity] = now;
    if (read) state.numbers[identity].push(read());
    element.requestVideoFrameCallback(onFrame);
  };
  element.requestVideoFrameCallback(onFrame);
}

// Reads the grid of tests/support/numbered_video.py: 2 rows of 16 cells in the top quarter.
function numberReader(element) {
  const columns = 16, scale = 4; // four samples a cell and direction; the middle two by two are averaged
  const canvas = new OffscreenCanvas(columns * scale, 2 * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return () => {
    const height = element.videoHeight;
    context.drawImage(element, 0, 0, element.videoWidth, height / 4, 0, 0, canvas.width, canvas.height);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
    const word = (row) => {
      let value = 0;
      for (let column = 0; column < columns; column++) {
        let light = 0;
        for (const y of [1, 2]) for (const x of [1, 2]) {
          light += pixels[4 * ((row * scale + y) * canvas.width + column * scale + x) + 1];
        }
        value = value * 2 + (light / 4 > 125 ? 1 : 0);
      }
      return value;
    };
    const number = word(0);
    return word(1) === (number * 40503 + 12345) % 65536 ? number : null;
  };
}

const resetPauses = () => void (state.longestPauseMs = {});

// The longest time without a new picture since resetPauses, the one that still lasts too.
function stillMs() {
  const lasting = Object.values(state.pictureAt).map((at) => performance.now() - at);
  return Math.max(0, ...Object.values(state.longestPauseMs), ...lasting);
}

function sinceJoin() {
  return Math.round(performance.now() - state.joinedAt);
}

function describe(fact) {
  if (fact === null || ["string", "number", "boolean", "undefined"].includes(typeof fact)) return fact ?? null;
  return fact.identity ?? fact.sid ?? fact.trackSid ?? fact.constructor?.name ?? null;
}

// ---- peer connections -----------------------------------------------------------------------------------

const connectionNumbers = new Map(); // every RTCPeerConnection gets a number: a new one means a new DTLS session

function peerConnections() {
  const manager = state.room.engine.pcManager;
  return [manager?.publisher, manager?.subscriber].filter(Boolean).map((t) => t._pc ?? t.pc).filter(Boolean);
}

function connections() {
  return peerConnections().map((pc) => {
    if (!connectionNumbers.has(pc)) {
      connectionNumbers.set(pc, connectionNumbers.size + 1);
      const dtls = [...pc.getSenders(), ...pc.getReceivers()].map((end) => end.transport).find(Boolean);
      dtls?.addEventListener("statechange", () => state.transportStates.push([sinceJoin(), dtls.state]));
    }
    return { number: connectionNumbers.get(pc), state: pc.connectionState };
  });
}

// How media leaves: { type, protocol, relay, port } of each connection's selected pair.
async function ways() {
  const found = [];
  for (const pc of peerConnections()) {
    const report = await pc.getStats();
    report.forEach((entry) => {
      if (entry.type !== "transport" || !entry.selectedCandidatePairId) return;
      const pair = report.get(entry.selectedCandidatePairId);
      const local = report.get(pair.localCandidateId);
      const port = report.get(pair.remoteCandidateId).port;
      found.push({ type: local.candidateType, protocol: local.protocol, relay: local.relayProtocol ?? null, port });
    });
  }
  return found;
}

async function stats() {
  const inbound = [], outbound = [], transports = [];
  let availableBps = null;
  for (const pc of peerConnections()) {
    const report = await pc.getStats();
    const sidOf = (trackIdentifier) => {
      for (const participant of state.room.remoteParticipants.values()) {
        for (const publication of participant.trackPublications.values()) {
          if (publication.track?.mediaStreamTrack.id === trackIdentifier) return participant.identity;
        }
      }
      return null;
    };
    report.forEach((entry) => {
      if (entry.type === "inbound-rtp") {
        inbound.push({
          kind: entry.kind, from: sidOf(entry.trackIdentifier), packets: entry.packetsReceived, lost: entry.packetsLost,
          bytes: entry.bytesReceived, decoded: entry.framesDecoded ?? 0, width: entry.frameWidth, height: entry.frameHeight,
          fps: entry.framesPerSecond, freezes: entry.freezeCount ?? 0, energy: entry.totalAudioEnergy ?? 0,
          samples: entry.totalSamplesReceived ?? 0, concealed: entry.concealedSamples ?? 0, nacks: entry.nackCount,
          plis: entry.pliCount, codec: report.get(entry.codecId)?.mimeType,
        });
      } else if (entry.type === "outbound-rtp") {
        outbound.push({
          kind: entry.kind, rid: entry.rid ?? null, bytes: entry.bytesSent, packets: entry.packetsSent,
          width: entry.frameWidth, height: entry.frameHeight, fps: entry.framesPerSecond, active: entry.active,
          encoded: entry.framesEncoded ?? 0, targetBps: entry.targetBitrate ?? null, limited: entry.qualityLimitationReason,
          codec: report.get(entry.codecId)?.mimeType, nacks: entry.nackCount, plis: entry.pliCount,
        });
      } else if (entry.type === "transport") {
        transports.push({ srtp: entry.srtpCipher, tls: entry.tlsVersion, dtls: entry.dtlsState, ice: entry.iceState,
          role: entry.dtlsRole, pathChanges: entry.selectedCandidatePairChanges });
      } else if (entry.type === "candidate-pair" && entry.nominated && entry.availableOutgoingBitrate) {
        availableBps = entry.availableOutgoingBitrate;
      }
    });
  }
  return { at: performance.now(), state: state.room.state, inbound, outbound, transports, availableBps };
}

// ---- the rest of the room -------------------------------------------------------------------------------

function people() {
  return Object.fromEntries(
    [...state.room.remoteParticipants.values()].map((participant) => [
      participant.identity,
      {
        attributes: { ...participant.attributes },
        tracks: [...participant.trackPublications.values()].map((publication) => ({
          source: publication.source, muted: publication.isMuted, subscribed: publication.isSubscribed,
        })),
      },
    ]),
  );
}

const sendData = (text, reliable, topic) =>
  state.room.localParticipant.publishData(new TextEncoder().encode(text), { reliable, topic });
const setAttributes = (attributes) => state.room.localParticipant.setAttributes(attributes);
const setMicrophone = (enabled) => state.room.localParticipant.setMicrophoneEnabled(enabled);
const setCamera = (enabled) => state.room.localParticipant.setCameraEnabled(enabled);
const leave = () => state.room.disconnect();

// What a subscriber wants of one sender's picture: quality 0 low, 1 medium, 2 high; or nothing for now.
const pictureOf = (identity) =>
  [...state.room.remoteParticipants.get(identity).trackPublications.values()].find((one) => one.kind === "video");
const setQuality = (identity, quality) => pictureOf(identity).setVideoQuality(quality);
const setWanted = (identity, isWanted) => pictureOf(identity).setEnabled(isWanted);

// Calls and streams between clients, which a server forwards without knowing them.
function answerCalls() {
  state.room.registerRpcMethod("length", async (call) => String(call.payload.length));
  state.room.registerTextStreamHandler("letter", async (reader, sender) =>
    state.data.push({ text: await reader.readAll(), from: sender.identity, topic: "letter", reliable: true }),
  );
}
const callOther = (identity, method, payload) =>
  state.room.localParticipant.performRpc({ destinationIdentity: identity, method, payload, responseTimeout: PATIENCE_MS });
const sendLetter = (text) => state.room.localParticipant.sendText(text, { topic: "letter" });
