/** Another monitor, and how it is given the same endpoints. */
export type Peer = {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** Of the program in its module. */
  readonly package: string;
  /** What is said of the figures. */
  readonly note: string;
  readonly configFile: string;
  readonly config: (setting: PeerSetting) => string;
  readonly args: (setting: PeerSetting, configPath: string) => readonly string[];
  readonly env: (configPath: string) => { readonly [name: string]: string };
  /** For one that checks nothing by itself: what is to be asked of it, for each address. */
  readonly scrape: ((url: string) => string) | null;
};

type PeerSetting = {
  readonly urls: readonly string[];
  readonly everyMs: number;
  /** Where it may listen. */
  readonly port: number;
};
