/** The single memory that a packet path works in (the same shape as the device's). */
export interface Memory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}
