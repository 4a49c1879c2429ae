/** How a worker uses the embedded store. Renewals cost nothing, and each says until when the endpoints were watched: a
 *  quick restart is no gap. */
export const embeddedStore = {
  renewEveryMs: 1000,
  storeCalls: { saves: 512, acknowledgements: 512 },
} as const;
