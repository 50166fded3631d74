// Conversations as nginx and Node have them, written by RFC 9112.
import { bytesOf, type Conversation } from '../testing/transcript.ts';

const headers = 'Host: shop.example\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n';

export const http1Conversation: Conversation = {
  client: bytesOf(
    `GET /users/42?expand=orders HTTP/1.1\r\n${headers}\r\n` +
      `POST /orders HTTP/1.1\r\n${headers}Content-Type: application/json\r\nContent-Length: 15\r\nExpect: 100-continue\r\n\r\n{"item":"shoe"}` +
      `HEAD /static/app.css HTTP/1.1\r\n${headers}\r\n` +
      `PUT /files/6f9619ff-8b86-d011-b42d-00cf4fc964ff HTTP/1.1\r\n${headers}Transfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n6;x=y\r\npedia \r\n0\r\nTrailer: a\r\n\r\n` +
      `GET /events HTTP/1.1\r\n${headers}\r\n` +
      `GET /missing HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`,
  ),
  server: bytesOf(
    'HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello' +
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\nLocation: /orders/7\r\n\r\n' +
      'HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 4711\r\n\r\n' +
      'HTTP/1.1 204 No Content\r\nServer: nginx/1.22.1\r\n\r\n' +
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ndata: 1\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n' +
      'HTTP/1.1 404 Not Found\r\nServer: nginx/1.22.1\r\nConnection: close\r\n\r\n<h1>404</h1>',
  ),
};
