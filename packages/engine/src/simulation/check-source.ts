// Where a copy may speak from, judged when it says SYN, by what the model knows and without the engine's tables.
import { type AddressWords, cidrsOverlap, formatAddress, isSameAddress, parseAddress, parseCidr } from '@parallax/wire';
import type { Copy } from '../copy/copy.ts';
import type { Copying } from './copying-plan.ts';
import type { Packet } from './packet.ts';
import type { Peer } from './peer.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

const network = (address: AddressWords) => ({ first: address, prefixBits: 128 });

export function checkSource(world: World, packet: Packet, client: Peer): void {
  const plans = [world.scenario.copying.first, world.scenario.copying.second].filter((each) => each !== null);
  const pair = `${formatAddress(packet.source)}:${packet.sourcePort}`;
  if (!plans.some((plan) => mayBear(plan, packet.source, client.address))) throw new Violation(`a copy speaks from ${pair}, and no configuration says so`);
  const isOwn = isSameAddress(packet.source, client.address) && packet.sourcePort === client.port;
  if (!isOwn && !plans.some((plan) => mayLease(plan, packet.sourcePort) || packet.sourcePort === client.port))
    throw new Violation(`a copy speaks from ${pair}, outside its ports`);
  if (!plans.some(({ sources: { share } }) => share.count === 1 || Math.floor(packet.sourcePort / 64) % share.count === share.index))
    throw new Violation(`a copy speaks from ${pair}, which belongs to another agent`);
  for (const copy of world.engine.copies()) {
    if (copy.sourcePort !== packet.sourcePort || !isSameAddress(copy.source, packet.source)) continue;
    if (copy.iss !== packet.seq) throw new Violation(`a copy speaks from ${pair}, which another has`);
  }
  if (!isOwn) checkClients(world, packet, pair);
}

/** No real client may have the pair that a copy gets when it is made; one that comes later is not to blame. */
function checkClients(world: World, packet: Packet, pair: string): void {
  const copy = [...world.engine.copies()].find(
    (each): each is Copy => each.ending === null && each.sourcePort === packet.sourcePort && isSameAddress(each.source, packet.source),
  );
  if (copy === undefined || copy.retries > 0 || Math.floor(world.schedule.nowMs) !== copy.beganAtMs) return; // it was made before
  for (const session of world.engine.sessions()) {
    if (session !== copy.session && session.id < copy.session.id && session.clientPort === packet.sourcePort && isSameAddress(session.client, packet.source))
      throw new Violation(`a copy is opened from ${pair}, which a real client has`);
  }
}

function mayBear({ sources }: Copying, source: AddressWords, client: AddressWords): boolean {
  const isOfPool = sources.pool.some((text) => cidrsOverlap(parseCidr(text)!, network(source)));
  if (sources.identity === 'client') return isOfPool || isSameAddress(source, client);
  return isOfPool || (sources.identity === 'address' && isSameAddress(source, parseAddress(sources.address!)!));
}

const mayLease = ({ sources: { ports } }: Copying, port: number): boolean => port >= ports.first && port <= ports.last;
