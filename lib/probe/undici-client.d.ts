/** The whole package would cost a Lambda's bundle 250 kB more; undici types only its index. */
declare module 'undici/lib/dispatcher/client.js' {
  import { Client } from 'undici';
  // biome-ignore lint/style/noDefaultExport: what a CommonJS module exports.
  export default Client;
}
