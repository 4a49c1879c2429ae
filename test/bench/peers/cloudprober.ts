import type { Peer } from './peer.ts';

export const cloudprober: Peer = {
  name: 'cloudprober',
  module: 'github.com/cloudprober/cloudprober',
  version: 'v0.14.0',
  package: 'github.com/cloudprober/cloudprober/cmd/cloudprober',
  note: 'kept connections, one validator, results exported every 10 s to nowhere',
  configFile: 'cloudprober.cfg',
  config: ({ urls, everyMs, port }) => `
host: "127.0.0.1"
port: ${port}
surfacer { type: PROMETHEUS }
probe {
  name: "bench"
  type: HTTP
  interval: "${everyMs}ms"
  timeout: "${everyMs}ms"
  stats_export_interval_msec: 10000
  targets {
${urls.map((url, at) => `    endpoint { name: "e${at}" url: "${url}" }`).join('\n')}
  }
  http_probe { keep_alive: true interval_between_targets_msec: 1 }
  validator { name: "ok" regex: "\\"status\\":\\"ok\\"" }
}
`,
  args: (_, configPath) => [`--config_file=${configPath}`],
  env: () => ({}),
  scrape: null,
};
