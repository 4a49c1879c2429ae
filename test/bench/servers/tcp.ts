import { createServer, type Server } from 'node:net';

/** Accepts, says nothing, closes when the other side does. */
export const tcpServer = (): Server =>
  createServer(socket => {
    socket.on('error', () => socket.destroy());
    socket.resume();
  });
