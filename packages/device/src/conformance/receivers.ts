/** Every way in which the ring backend receives. */
export const waysIn = ['v2', 'v3', 'recvmmsg'] as const;
