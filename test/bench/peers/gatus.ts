import type { Peer } from './peer.ts';

/** JSON is YAML. */
export const gatus: Peer = {
  name: 'Gatus',
  module: 'github.com/TwiN/gatus/v5',
  version: 'v5.18.0',
  package: 'github.com/TwiN/gatus/v5',
  note: 'no limit of checks at once, kept connections, no metrics, storage in memory; it waits the interval after each check',
  configFile: 'config.yaml',
  config: ({ urls, everyMs, port }) =>
    JSON.stringify({
      web: { address: '127.0.0.1', port },
      storage: { type: 'memory' },
      // The newer key, and the older one.
      concurrency: 0,
      'disable-monitoring-lock': true,
      endpoints: urls.map((url, at) => ({
        name: `e${at}`,
        url,
        interval: `${everyMs}ms`,
        conditions: ['[STATUS] == 200', '[BODY].status == ok'],
      })),
    }),
  args: () => [],
  env: configPath => ({ GATUS_CONFIG_PATH: configPath, GATUS_LOG_LEVEL: 'ERROR' }),
  scrape: null,
};
