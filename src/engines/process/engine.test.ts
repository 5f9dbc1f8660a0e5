import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processIdentity } from '../../store/process-identity.js'
import { stackFolders } from '../../store/stack-folders.js'
import { describeEngineContract } from '../testing/engine-contract.js'
import { TEST_NODE_SOURCE, testTopology } from '../testing/test-node.js'
import { createProcessEngine } from './engine.js'

describeEngineContract('the process engine', {
  topology: () => testTopology({ kind: 'bundle', bundle: 'api' }),
  async makeEngine() {
    const root = await mkdtemp(join(tmpdir(), 'scalelab-process-'))
    const nodesDir = join(root, 'nodes')
    await mkdir(nodesDir)
    await writeFile(join(nodesDir, 'api.mjs'), TEST_NODE_SOURCE)
    const folders = stackFolders(join(root, 'state'))
    const make = () =>
      createProcessEngine({
        folders,
        identity: processIdentity(),
        nodesDir,
        nodeBinary: process.execPath,
        env: process.env,
        cwd: root,
      })
    return {
      engine: make(),
      again: async () => make(),
      async leftovers(stackName) {
        const found = (await folders.list())
          .filter(({ name }) => name === stackName)
          .map(({ name }) => `folder ${name}`)
        const processes: string[] = []
        for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
          const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
          if (environment.includes(`SCALELAB_STACK=${folders.folder(stackName)}\0`)) processes.push(`process ${pid}`)
        }
        return [...found, ...processes]
      },
      cleanup: () => rm(root, { recursive: true, force: true }),
    }
  },
})
