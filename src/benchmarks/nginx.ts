import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

/** An nginx of one worker that answers every request with a constant at once: as fast a server as there is at hand. */
export async function withNginx<T>(fn: (origin: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'scalelab-nginx-'))
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${name};`)
    .join(' ')
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; ${temporary}
  server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } }
}
`,
  )
  const nginx = execa('nginx', ['-p', folder, '-e', 'stderr', '-c', 'nginx.conf'], { stdin: 'ignore', reject: false })
  try {
    const origin = `http://127.0.0.1:${port}`
    await Promise.race([
      answering(origin),
      nginx.then(({ stderr }) => Promise.reject(new Error(`nginx ended: ${stderr}`))),
    ])
    return await fn(origin)
  } finally {
    nginx.kill('SIGTERM')
    await nginx
    await rm(folder, { recursive: true, force: true })
  }
}

async function answering(origin: string): Promise<void> {
  for (;;) {
    const ok = await fetch(origin).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ok) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
