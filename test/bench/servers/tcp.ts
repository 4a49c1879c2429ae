import { createServer, type Server } from 'node:net';

/** Greets. A client that waits for it cannot run ahead of the server: connections that are only opened and closed
 *  fill the kernel's queue, which then drops them for a second. */
export const tcpServer = (): Server =>
  createServer({ noDelay: true }, socket => {
    socket.on('error', () => socket.destroy());
    socket.resume();
    socket.write('ready\r\n');
  });
