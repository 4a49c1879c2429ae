import dgram from 'node:dgram';

export type Zone = { readonly [question: string]: Buffer | number | 'silence' | 'garbage' };

const TYPES: { readonly [code: number]: string } = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
};
const codeOf = (type: string): number =>
  Number(Object.keys(TYPES).find(code => TYPES[Number(code)] === type));

export const domainName = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);

export const uint16 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => void bytes.writeUInt16BE(value, 2 * index));
  return bytes;
};

export const uint32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => void bytes.writeUInt32BE(value, 4 * index));
  return bytes;
};

/** One record about the name that was asked for. */
const dnsRecord = (type: string, data: Buffer): Buffer =>
  Buffer.concat([uint16(0xc00c, codeOf(type), 1), uint32(60), uint16(data.length), data]);

/** The records of an answer, led by their number. */
export const records = (type: string, ...data: readonly Buffer[]): Buffer =>
  Buffer.concat([uint16(data.length), ...data.map(each => dnsRecord(type, each))]);

const readName = (query: Buffer): { readonly name: string; readonly end: number } => {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
};

const reply = (query: Buffer, zone: Zone): Buffer | null => {
  const { name, end } = readName(query);
  const answer = zone[`${name} ${TYPES[query.readUInt16BE(end)]}`] ?? 3;
  if (answer === 'silence') return null;
  if (answer === 'garbage') return Buffer.from('\xff'.repeat(40), 'latin1');
  const [code, counted] = typeof answer === 'number' ? [answer, uint16(0)] : [0, answer];
  return Buffer.concat([
    query.subarray(0, 2),
    uint16(0x8180 | code, 1),
    counted.subarray(0, 2),
    uint16(0, 0),
    query.subarray(12, end + 4),
    counted.subarray(2),
  ]);
};

/** A name server on loopback: `name TYPE` → records, an error code, or worse. What is not listed does not exist. */
export const hostileResolver = async (
  zone: Zone,
): Promise<AsyncDisposable & { readonly address: string }> => {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (query, from) => {
    const answer = reply(query, zone);
    if (answer !== null) socket.send(answer, from.port, from.address);
  });
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    [Symbol.asyncDispose]: () => new Promise(resolve => socket.close(() => resolve())),
  };
};
