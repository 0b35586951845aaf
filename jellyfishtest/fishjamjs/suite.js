// Uses the official SDK for JavaScript as its users do, and prints one line of JSON for
// each step. The arguments are the URL of a Fishjam and its management token.
const {
  FishjamClient, FishjamNotFoundException, FishjamWSNotifier, PeerNotFoundException, RoomNotFoundException,
  UnauthorizedException,
} = require('@fishjam-cloud/js-server-sdk');

// Node.js 20 has none of its own.
globalThis.WebSocket ??= require('ws').WebSocket;

const [fishjamId, managementToken] = process.argv.slice(2);
const say = (step, value) => console.log(JSON.stringify({ step, value }));

// nameOf returns the class of what a call throws.
async function nameOf(call) {
  try {
    await call();
  } catch (error) {
    for (const known of [FishjamNotFoundException, PeerNotFoundException, RoomNotFoundException, UnauthorizedException]) {
      if (error instanceof known) return known.name;
    }
    return `${error.name}: ${error.message}`;
  }
  return 'nothing';
}

async function main() {
  const notifier = new FishjamWSNotifier(
    { fishjamId, managementToken },
    (error) => say('notifier failed', String(error)),
    (code, reason) => say('notifier closed', [code, reason]),
    () => {},
  );
  for (const event of ['roomCreated', 'peerAdded', 'peerDeleted', 'roomDeleted', 'trackAdded', 'trackRemoved', 'peerConnected', 'peerDisconnected']) {
    notifier.on(event, (n) => say(event, n));
  }
  // It says nothing of its subscription: a room that it is told of shows that it is there.
  const client = new FishjamClient({ fishjamId, managementToken });
  const probing = new Promise((resolve) => notifier.once('roomDeleted', resolve));
  let probed = false;
  probing.then(() => { probed = true; });
  while (!probed) {
    await client.deleteRoom((await client.createRoom()).id);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  say('probed');

  const room = await client.createRoom({ maxPeers: 2, roomType: 'conference', videoCodec: 'vp8' });
  say('createRoom', room);
  const { peer, peerToken } = await client.createPeer(room.id, { metadata: { name: 'Ada' }, subscribeMode: 'manual' });
  say('createPeer', { peer, token: typeof peerToken });
  say('refreshPeerToken', (await client.refreshPeerToken(room.id, peer.id)) !== peerToken);
  const { agent, peer: agentPeer } = await client.createAgent(room.id, { output: { audioSampleRate: 24000 } });
  await agent.awaitConnected();
  const published = new Promise((resolve) => notifier.once('trackAdded', resolve));
  const track = agent.createTrack({ encoding: 'pcm16', sampleRate: 16000, channels: 1 }, { kind: 'test' });
  say('createAgent', { type: agentPeer.type, status: agentPeer.status, track: typeof track.id });
  await client.subscribePeer(room.id, peer.id, agentPeer.id);
  await client.subscribeTracks(room.id, peer.id, ['t1']);
  say('limit', await nameOf(() => client.createPeer(room.id)));
  await published;
  say('getRoom', await client.getRoom(room.id));
  say('getAllRooms', (await client.getAllRooms()).length);
  const left = new Promise((resolve) => notifier.once('peerDisconnected', resolve));
  agent.disconnect();
  await left;
  await client.deletePeer(room.id, peer.id);
  say('no peer', await nameOf(() => client.deletePeer(room.id, peer.id)));

  const stream = await client.createRoom({ roomType: 'livestream', public: true });
  say('tokens', [
    typeof (await client.createLivestreamStreamerToken(stream.id)).token,
    typeof (await client.createLivestreamViewerToken(stream.id)).token,
  ]);
  say('no livestream', await nameOf(() => client.createLivestreamViewerToken(room.id)));
  await client.deleteRoom(stream.id);
  const gone = new Promise((resolve) => notifier.on('roomDeleted', (n) => n.roomId === room.id && resolve()));
  await client.deleteRoom(room.id);
  await gone;
  say('no room', await nameOf(() => client.getRoom(room.id)));
  say('wrong token', await nameOf(() => new FishjamClient({ fishjamId, managementToken: 'mistaken' }).getAllRooms()));
  say('done');
}

main().then(() => process.exit(0), (error) => {
  say('failed', `${error.stack} ${JSON.stringify(error)}`);
  process.exit(1);
});
