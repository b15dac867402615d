/** A service over one table, as small as one can be: `POST /orders {id, note}`, `PUT /orders/:id {note}` and `GET /orders/:id`. DATABASE_URL from the environment. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 16 });
pool.on('error', () => undefined);

async function write(method: string, path: string, body: string): Promise<number> {
  const { id, note } = JSON.parse(body) as { id?: number; note: string };
  if (method === 'POST') return (await pool.query({ name: 'create', text: 'INSERT INTO orders (id, note) VALUES ($1, $2)', values: [id, note] })).rowCount === 1 ? 201 : 500;
  const { rowCount } = await pool.query({ name: 'change', text: 'UPDATE orders SET note = $2, version = version + 1 WHERE id = $1', values: [path.slice('/orders/'.length), note] });
  return rowCount === 1 ? 200 : 404;
}

async function read(path: string): Promise<number> {
  const { rowCount } = await pool.query({ name: 'read', text: 'SELECT note, version FROM orders WHERE id = $1', values: [path.slice('/orders/'.length)] });
  return rowCount === 1 ? 200 : 404;
}

const server = createServer((request, response) => {
  const { method = '', url = '' } = request;
  void text(request).then((body) => (method === 'GET' ? read(url) : write(method, url, body))).then(
    (status) => { response.writeHead(status).end(); },
    (error: unknown) => { response.writeHead(500).end(error instanceof Error ? error.message : String(error)); });
});
server.listen(Number(process.env['PORT'] ?? '0'), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ event: 'listening', port: (server.address() as { port: number }).port })}\n`);
});
