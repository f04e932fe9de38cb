// Writes the TypeScript types of the server's OpenAPI document: node scripts/api.mjs openapi.json schema.ts
import { readFile, writeFile } from 'node:fs/promises'
import openapi, { astToString } from 'openapi-typescript'

const [from, to] = process.argv.slice(2)
if (!from || !to) {
  console.error('usage: npm run api -- OPENAPI.json SCHEMA.ts')
  process.exit(2)
}
const types = await openapi(JSON.parse(await readFile(from, 'utf8')))
await writeFile(to, `// Generated from the server's OpenAPI document by ./dev api. Do not edit.\n${astToString(types)}`)
