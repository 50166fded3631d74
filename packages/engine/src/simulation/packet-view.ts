// Where the model's packets become bytes, so that the engine can look at them.
import { IpView, TcpOptions, TcpView } from '@parallax/wire';
import { type Packet, writePacket } from './packet.ts';

/** Of the shared memory: a packet that is looked at, packets that are injected, payload on its way between them, and the engine's store. */
export const OUT_AT = 1 << 17;
const SCRATCH_AT = 3 << 16;
export const STORE_AT = 1 << 18;

export class PacketView {
  readonly memory: { bytes: Uint8Array; view: DataView };
  readonly ip: IpView;
  readonly tcp: TcpView;
  readonly options = new TcpOptions();

  constructor(storeBytes: number) {
    const bytes = new Uint8Array(STORE_AT + storeBytes);
    this.memory = { bytes, view: new DataView(bytes.buffer) };
    this.ip = new IpView(this.memory.view);
    this.tcp = new TcpView(this.memory.view);
  }

  /** Point at the packet. Returns how many bytes of payload there are at `tcp.payloadAt`. */
  moveTo(packet: Packet): number {
    const { view, bytes } = this.memory;
    const end = writePacket(view, bytes, 0, SCRATCH_AT, packet);
    this.ip.moveTo(0, end, end);
    this.tcp.moveTo(this.ip.payloadAt, end);
    this.options.read(view, this.tcp.at + 20, this.tcp.payloadAt);
    return end - this.tcp.payloadAt;
  }
}
