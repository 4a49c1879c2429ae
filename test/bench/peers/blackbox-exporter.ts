import type { Peer } from './peer.ts';

export const blackboxExporter: Peer = {
  name: 'blackbox_exporter',
  module: 'github.com/prometheus/blackbox_exporter',
  version: 'v0.27.0',
  package: 'github.com/prometheus/blackbox_exporter',
  note: 'it checks when it is scraped, over a new connection each time; who scrapes it is not counted',
  configFile: 'blackbox.yml',
  config: () =>
    JSON.stringify({
      modules: {
        bench: {
          prober: 'http',
          timeout: '1s',
          http: {
            preferred_ip_protocol: 'ip4',
            fail_if_body_not_matches_regexp: ['"status":"ok"'],
          },
        },
      },
    }),
  args: ({ port }, configPath) => [
    `--config.file=${configPath}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
    '--history.limit=1',
  ],
  env: () => ({}),
  scrape: url => `/probe?module=bench&target=${encodeURIComponent(url)}`,
};
