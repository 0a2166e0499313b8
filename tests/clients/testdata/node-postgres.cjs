// node-postgres against the server: parameters, prepared statements, types, pools,
// transactions, cursors (Execute with a row limit and Flush), COPY streams, cancel, notices.
const assert = require('node:assert/strict')
const { once } = require('node:events')
const { pipeline } = require('node:stream/promises')
const { Readable } = require('node:stream')
const { Client, Pool, types } = require('pg')
const Cursor = require('pg-cursor')
const { from: copyFrom, to: copyTo } = require('pg-copy-streams')

const fails = async (promise, code) => {
  await assert.rejects(promise, (e) => { assert.equal(e.code, code, e.message); return true })
}

async function parameters(client) {
  const { rows, fields } = await client.query(
    'SELECT $1::int AS i, $2::text AS t, $3::float8 AS f, $4::bool AS b, $5::timestamptz AS at, $6::jsonb AS j, $7::bytea AS y, $8::numeric AS n',
    [42, 'héllo', 1.5, true, new Date(1e12), { a: [1, null] }, Buffer.from([0, 255]), '1.50'])
  assert.deepEqual(rows[0], { i: 42, t: 'héllo', f: 1.5, b: true, at: new Date(1e12), j: { a: [1, null] }, y: Buffer.from([0, 255]), n: '1.50' })
  assert.deepEqual(fields.map((f) => f.dataTypeID), [23, 25, 701, 16, 1184, 3802, 17, 1700])
  const binary = await client.query({ text: 'SELECT $1::int AS i, $2::int8 AS l, $3::text AS t', values: [1, '9007199254740993', 'x'], binary: true })
  assert.deepEqual(binary.rows[0], { i: 1, l: '9007199254740993', t: 'x' })
  const array = await client.query({ text: 'SELECT 1, 2', rowMode: 'array' })
  assert.deepEqual(array.rows, [[1, 2]])
}

async function statements(client) {
  await client.query('CREATE TABLE t (id int PRIMARY KEY, v text, at timestamptz DEFAULT now())')
  await client.query('CREATE MATERIALIZED VIEW mv AS SELECT v, count(*)::int AS n FROM t GROUP BY v')
  for (let i = 0; i < 20; i++) {
    const r = await client.query({ name: 'ins', text: 'INSERT INTO t (id, v) VALUES ($1, $2) RETURNING id, v', values: [i, 'v' + (i % 3)] })
    assert.deepEqual([r.rowCount, r.command, r.rows[0]], [1, 'INSERT', { id: i, v: 'v' + (i % 3) }])
  }
  const views = await client.query('SELECT v, n FROM mv ORDER BY v')
  assert.deepEqual(views.rows, [{ v: 'v0', n: 7 }, { v: 'v1', n: 7 }, { v: 'v2', n: 6 }])
  const many = await client.query('SELECT 1 AS a; UPDATE t SET v = v WHERE id < 3; SELECT 2 AS b')
  assert.deepEqual(many.map((r) => [r.command, r.rowCount]), [['SELECT', 1], ['UPDATE', 3], ['SELECT', 1]])
  assert.equal((await client.query('')).command, null)
  await fails(client.query('INSERT INTO t (id) VALUES ($1)', [1]), '23505')
  await fails(client.query('SELECT * FROM nope'), '42P01')
  await fails(client.query('SELECT $1::int', ['x']), '22P02')
  const all = await Promise.allSettled([client.query('SELECT 1/0'), client.query('SELECT 1 AS one')])
  assert.equal(all[0].reason.code, '22012')
  assert.equal(all[1].value.rows[0].one, 1)
}

async function transactions(pool) {
  const a = await pool.connect()
  await a.query('BEGIN')
  await a.query('UPDATE t SET v = $1 WHERE id = 0', ['changed'])
  assert.equal((await pool.query('SELECT v FROM t WHERE id = 0')).rows[0].v, 'v0')
  await fails(a.query('SELECT nope'), '42703')
  await fails(a.query('SELECT 1'), '25P02')
  await a.query('ROLLBACK')
  await a.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  const before = (await a.query('SELECT count(*)::int AS n FROM t')).rows[0].n
  await pool.query("INSERT INTO t (id) VALUES (1000)")
  assert.equal((await a.query('SELECT count(*)::int AS n FROM t')).rows[0].n, before)
  await a.query('COMMIT')
  assert.equal((await a.query('SELECT count(*)::int AS n FROM t')).rows[0].n, before + 1)
  a.release()
}

async function cursors(client) {
  const cursor = client.query(new Cursor('SELECT i FROM generate_series(1, $1) g(i)', [2500]))
  let n = 0
  for (let rows; (rows = await cursor.read(400)).length > 0;) n += rows.length
  assert.equal(n, 2500)
  await cursor.close()
  const early = client.query(new Cursor('SELECT i FROM generate_series(1, 100000) g(i)'))
  assert.equal((await early.read(10)).length, 10)
  await early.close()
  assert.equal((await client.query('SELECT 1 AS one')).rows[0].one, 1)
  const limited = await client.query({ text: 'SELECT i FROM generate_series(1, 1000) g(i)', rows: 100 })
  assert.equal(limited.rows.length, 1000)
}

async function copies(client) {
  await client.query('CREATE STREAM s (a int, b text)')
  const lines = Array.from({ length: 5000 }, (_, i) => `${i}\tline ${i}\n`)
  await pipeline(Readable.from(lines), client.query(copyFrom('COPY s FROM STDIN')))
  let text = ''
  const out = client.query(copyTo('COPY (SELECT a, b FROM s WHERE a < 3 ORDER BY a) TO STDOUT WITH (FORMAT csv, HEADER)'))
  for await (const chunk of out) text += chunk
  assert.equal(text, 'a,b\n0,line 0\n1,line 1\n2,line 2\n')
  await fails(pipeline(Readable.from(['x\ty\n']), client.query(copyFrom('COPY s FROM STDIN'))), '22P02')
  assert.equal((await client.query('SELECT count(*)::int AS n FROM s')).rows[0].n, 5000)
}

async function cancel(client) {
  const other = new Client()
  await other.connect()
  const running = fails(client.query('SUBSCRIBE t'), '57014')
  for (let n = 0; n === 0;) {
    const r = await other.query('SELECT pg_cancel_backend($1) AS done', [client.processID])
    n = r.rows[0].done ? 1 : 0
    n &= (await Promise.race([running.then(() => 1), new Promise((r) => setTimeout(r, 50, 0))]))
  }
  await running
  await client.query("SET statement_timeout = '50ms'")
  await fails(client.query('SUBSCRIBE t'), '57014')
  await client.query('RESET statement_timeout')
  await other.end()
}

async function main() {
  const client = new Client({ statement_timeout: 0, application_name: 'node test' })
  const notices = []
  client.on('notice', (n) => notices.push([n.code, n.message]))
  await client.connect()
  await parameters(client)
  await statements(client)
  const pool = new Pool({ max: 4 })
  await transactions(pool)
  await cursors(client)
  await copies(client)
  await cancel(client)
  await client.query('DROP VIEW IF EXISTS nothing')
  assert.deepEqual(notices, [['00000', 'view "nothing" does not exist, skipping']])
  const sums = await Promise.all(Array.from({ length: 50 }, (_, i) => pool.query('SELECT $1::int * 2 AS x', [i])))
  assert.deepEqual(sums.map((r) => r.rows[0].x), Array.from({ length: 50 }, (_, i) => 2 * i))
  await pool.end()
  await client.end()
  console.log('all checks passed')
}

main().catch((e) => { console.error(e); process.exit(1) })
