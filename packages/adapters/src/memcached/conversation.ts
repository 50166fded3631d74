// A conversation in the text protocol of memcached, written by its protocol.txt.
import { bytesOf, type Conversation } from '../testing/transcript.ts';

export const memcachedConversation: Conversation = {
  client: bytesOf(
    'version\r\nset user:42 0 60 6\r\nse\r\ret\r\nget user:42\r\nget nobody\r\ngets user:42 nobody\r\nadd user:42 0 60 1\r\nx\r\n' +
      'set quiet 0 60 2 noreply\r\nab\r\nincr user:42 1\r\ndelete quiet\r\ndelete quiet\r\nmg user:42 v t\r\nms user:43 3\r\nabc\r\nmn\r\nstats\r\nfoo\r\nquit\r\n',
  ),
  server: bytesOf(
    'VERSION 1.6.18\r\nSTORED\r\nVALUE user:42 0 6\r\nse\r\ret\r\nEND\r\nEND\r\nVALUE user:42 0 6 17\r\nse\r\ret\r\nEND\r\nNOT_STORED\r\n' +
      'CLIENT_ERROR cannot increment or decrement non-numeric value\r\nDELETED\r\nNOT_FOUND\r\nVA 6 t57\r\nse\r\ret\r\nHD\r\nMN\r\n' +
      'STAT pid 1\r\nSTAT uptime 9\r\nEND\r\nERROR\r\n',
  ),
};
