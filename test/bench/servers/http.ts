import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { serverCertificate } from '../harness/certificates.ts';

/** 39 bytes. */
const BODY = '{"status":"ok","queue":{"depth":12345}}';

const answer = (connection: string): Buffer =>
  Buffer.from(
    [
      'HTTP/1.1 200 OK',
      'Server: bench',
      'Date: Sat, 21 Nov 2026 12:00:00 GMT',
      'Content-Type: application/json',
      `Content-Length: ${BODY.length}`,
      `Connection: ${connection}`,
      'ETag: "656e1a2b-27"',
      '',
      BODY,
    ].join('\r\n'),
  );

export const keptAnswer = answer('keep-alive');
export const lastAnswer = answer('close');

const LAST = /\r\nconnection: close\r\n/i;

/** Answers each request with the same bytes. A request is what one read brings: clients here send no more than one
 *  at a time, and less than a segment. */
export const answerHttp = (socket: Socket): void => {
  let asked: boolean | null = null;
  socket.on('data', chunk => {
    // A connection either stays or not: its first request tells.
    asked ??= LAST.test(chunk.toString('latin1'));
    if (asked) socket.end(lastAnswer);
    else socket.write(keptAnswer);
  });
  socket.on('error', () => socket.destroy());
};

export const httpServer = (): Server => createServer({ noDelay: true }, answerHttp);

export const httpsServer = (): Server =>
  createTlsServer({ ...serverCertificate(), noDelay: true }, answerHttp);
