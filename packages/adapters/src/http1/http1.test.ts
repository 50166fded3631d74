import { describe, expect, test } from 'vitest';
import { bytesOf, ends, requestLines, responseLines } from '../testing/transcript.ts';
import { http1 } from './adapter.ts';
import { http1Conversation } from './conversation.ts';

const head = (text: string) => text.replaceAll('\n', '\r\n');

test('a conversation with nginx', () => {
  expect(ends(requestLines(http1, http1Conversation.client))).toEqual([
    'GET /users/:id',
    'POST /orders',
    'HEAD /static/app.css',
    'PUT /files/:id',
    'GET /events',
    'GET /missing',
  ]);
  expect(ends(responseLines(http1, http1Conversation.server))).toEqual(['200 91', '201 86', '200 65 late', '204 49', '200 96', '404 error 79 late']);
});

describe('routes', () => {
  test.each([
    ['/', '/'],
    ['/users/42', '/users/:id'],
    ['/users/42/orders/9f3a71be', '/users/:id/orders/:id'],
    ['/users/42/', '/users/:id/'],
    ['/v1/items', '/v1/items'],
    ['/oauth2/token', '/oauth2/token'],
    ['/items/item123', '/items/:id'],
    ['/files/6F9619FF-8B86-D011-B42D-00CF4FC964FF', '/files/:id'],
    ['/days/2026-11-24', '/days/:id'],
    ['/search?q=secret', '/search'],
    ['/a#b', '/a'],
    ['/hello%20world', '/:id'],
    ['/mail/jo@example.org', '/mail/:id'],
    [`/${'x'.repeat(41)}/y`, '/:id/y'],
    ['/facade', '/facade'],
    ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h/*'],
    [`/${'abc/'.repeat(500)}`, '/abc/abc/abc/abc/abc/abc/abc/abc/*'],
    [`/${'abcdefghijklmnopqrstuvwxyz/'.repeat(5)}`, '/abcdefghijklmnopqrstuvwxyz/abcdefghijklmnopqrstuvwxyz/abcdefghijklmnopqrstuvwxyz/:id/'],
    ['http://shop.example/users/42', '/users/:id'],
    ['http://shop.example:8080/', '/'],
  ])('%s is %s', (path, route) => {
    const [, kind] = requestLines(http1, bytesOf(`GET ${path} HTTP/1.1\r\n\r\n`));
    if (path.startsWith('/abcdef')) expect(kind!.length).toBeLessThanOrEqual(64);
    else expect(kind).toBe(`GET ${route}`);
  });
});

describe('requests', () => {
  test.each([
    ['pipelined ones', 'GET /a HTTP/1.1\n\nGET /b HTTP/1.1\n\n', ['GET /a', 'GET /b']],
    ['empty lines before one', '\n\nGET / HTTP/1.0\n\n', ['GET /']],
    ['any case of the names', 'POST /a HTTP/1.1\ncOnTeNt-LeNgTh:  3  \n\nabcGET /b HTTP/1.1\n\n', ['POST /a', 'GET /b']],
    ['lengths like others are none', 'POST /a HTTP/1.1\nContent-Lengths: 3\nX-Content-Length: 4\n\nGET /b HTTP/1.1\n\n', ['POST /a', 'GET /b']],
    [
      'chunked wins over a length',
      'POST /a HTTP/1.1\nContent-Length: 3\nTransfer-Encoding: gzip, chunked\n\n1\nx\n0\n\nGET /b HTTP/1.1\n\n',
      ['POST /a', 'GET /b'],
    ],
    ['OPTIONS of all', 'OPTIONS * HTTP/1.1\n\n', ['OPTIONS *']],
    ['a tunnel', 'CONNECT db:5432 HTTP/1.1\n\nanything', ['CONNECT', 'lost: a tunnel']],
    ['lengths that contradict each other', 'POST / HTTP/1.1\nContent-Length: 3\nContent-Length: 4\n\n', ['lost: a head that is none']],
    ['a length that is none', 'POST / HTTP/1.1\nContent-Length: -3\n\n', ['lost: a head that is none']],
    ['a chunk size that is none', 'POST / HTTP/1.1\nTransfer-Encoding: chunked\n\nxyz\n', ['lost: a chunked body that is none']],
    ['HTTP/2', 'PRI * HTTP/2.0\n\nSM\n\n', ['lost: not a request line of HTTP/1.1']],
    ['TLS', '\x16\x03\x01\x02\x00', ['lost: TLS']],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\n', ['lost: not HTTP/1.1']],
    ['a request that never ends', 'POST / HTTP/1.1\nContent-Length: 10\n\nabc', []],
  ])('%s', (_, text, expected) => {
    expect(ends(requestLines(http1, bytesOf(head(text))))).toEqual(expected);
  });
});

describe('responses', () => {
  test.each([
    ['pipelined ones', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nokHTTP/1.1 500 Oops\nContent-Length: 0\n\n', ['200 40', '500 error 40']],
    ['without a reason', 'HTTP/1.1 304\n\n', ['304 16']],
    ['in the meantime', 'HTTP/1.1 103 Early Hints\nLink: x\n\nHTTP/1.1 204 No Content\n\n', ['204 27']],
    ['the answer to HEAD of a chunked page', 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nHTTP/1.1 204 No Content\n\n', ['200 47 late', '204 27']],
    ['the answer to HEAD, and then nothing', 'HTTP/1.1 200 OK\nContent-Length: 9\n\n', ['200 38 late']],
    ['a body that begins almost like a response', 'HTTP/1.1 200 OK\nContent-Length: 8\n\nHTTP/2.0HTTP/1.1 204 x\n\n', ['200 46', '204 18']],
    ['a short body of the same letters', 'HTTP/1.1 200 OK\nContent-Length: 4\n\nHTTPHTTP/1.1 204 x\n\n', ['200 42 late', '204 18']],
    ['the answer to HEAD of less than a version', 'HTTP/1.1 200 OK\nContent-Length: 6\n\nHTTP/1.1 204 x\n\n', ['200 38 late', '204 18']],
    ['the same letters, and then nothing', 'HTTP/1.1 200 OK\nContent-Length: 4\n\nHTTP', ['200 42 late']],
    ['a body that ends with the connection', 'HTTP/1.1 200 OK\n\nabc', ['200 22 late']],
    ['a body that does not', 'HTTP/1.1 200 OK\nContent-Length: 9\n\nabc', []],
    ['an upgrade', 'HTTP/1.1 101 Switching\nUpgrade: websocket\n\n\x81\x05hello', ['101 46', 'lost: another protocol from here on']],
    ['another protocol', '+OK\n', ['lost: not HTTP/1.1']],
    ['a status that is none', 'HTTP/1.1 2x0 OK\n', ['lost: a status that is none']],
  ])('%s', (_, text, expected) => {
    expect(ends(responseLines(http1, bytesOf(head(text))))).toEqual(expected);
  });
});
