import { createSocket, type Socket } from 'node:dgram';

/** Response, recursion available; one question, one answer. */
const FLAGS_AND_COUNTS = Buffer.from([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
/** Of the name asked for: A, IN, 60 s, 10.0.0.1. */
const RECORD = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1]);
const HEADER_BYTES = 12;

/** Without what may follow the question (EDNS). */
const questionOf = (query: Buffer): Buffer => {
  let at = HEADER_BYTES;
  while (query[at]) at += (query[at] ?? 0) + 1;
  return query.subarray(HEADER_BYTES, at + 5);
};

/** Every name has one A record. */
export const dnsServer = (): Socket => {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const answer = [query.subarray(0, 2), FLAGS_AND_COUNTS, questionOf(query), RECORD];
    socket.send(answer, port, address);
  });
  return socket;
};
