// This host's clocks. Only for tests: PARALLAX_TEST_CLOCK_SHIFT_US=SHIFT makes the one that can be set, and with it the times of packets, wrong by so
// many µs; SHIFT@SIGUSR2 as if it were set when the process gets that signal.

const [shift = '0', signal] = (process.env.PARALLAX_TEST_CLOCK_SHIFT_US ?? '0').split('@');
const shiftUs = Number(shift);
let setAtMs = signal === undefined ? 0 : Number.POSITIVE_INFINITY;
if (signal !== undefined)
  process.on(signal, () => {
    setAtMs = Date.now() + 5; // a whole millisecond that has not begun: times in the ring are of before or after it
  });
const shiftAtUs = (wallMs: number): number => (wallMs >= setAtMs ? shiftUs : 0);

export const hostClock = {
  /** Milliseconds since 1970, whole ones. */
  wallMs: (): number => {
    const nowMs = Date.now();
    return nowMs + shiftAtUs(nowMs) / 1000;
  },
  /** Never set. */
  steadyMs: (): number => performance.now(),
  /** When a packet was captured, by the clock that can be set, µs. */
  captured: (capturedAtUs: number): number => (shiftUs === 0 ? capturedAtUs : capturedAtUs + shiftAtUs(capturedAtUs / 1000)),
};

/** What a test does to the clock; null: nothing. */
export const shiftForTests: string | null =
  shiftUs === 0
    ? null
    : `PARALLAX_TEST_CLOCK_SHIFT_US moves the capture's clock by ${shiftUs} µs${signal === undefined ? '' : ` at ${signal}`}; it is for tests, unset it`;

/** For people: the clock of this host was set, by so many µs. */
export const clockSetText = (stepUs: number): string =>
  `this host's clock was set ${stepUs > 0 ? 'forward' : 'back'} by ${(Math.abs(stepUs) / 1000).toFixed(1)} ms; latencies go on without it, but for exchanges in that moment`;
