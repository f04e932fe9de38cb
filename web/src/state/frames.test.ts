import { expect, it } from 'vitest'
import type { Raster } from '../canvas/levels'
import { Frames } from './frames'

const raster = (bytes: number): Raster => ({ width: bytes, height: 1, channels: 1, bits: 8, data: new Uint8Array(bytes) })
const stack = Array.from({ length: 100 }, (_, frame) => ({ image: 'a', frame }))
const settled = () => new Promise((done) => setTimeout(done))

function recorded(bytes: number, most?: number) {
  const [asked, stopped]: [number[], number[]] = [[], []]
  let told = 0
  const load = async ({ frame }: { frame: number }, signal: AbortSignal) => {
    asked.push(frame)
    signal.addEventListener('abort', () => stopped.push(frame))
    await settled()
    return raster(bytes)
  }
  const frames = new Frames(load, () => (told += 1), most)
  return { frames, asked, stopped, told: () => told, kept: () => stack.filter((slice) => frames.at(slice)).map(({ frame }) => frame) }
}

it('fetches the frame that is looked at first, then its neighbours, and no further', async () => {
  const { frames, asked, kept, told } = recorded(10)
  frames.want(stack, 20)
  expect(asked).toEqual([20, 21, 19])
  await expect.poll(kept).toEqual(Array.from({ length: 17 }, (_, i) => 12 + i))
  expect(told()).toBe(17)
})

it('stops what is no longer near, and everything once the case is left', async () => {
  const { frames, stopped, asked, kept } = recorded(10)
  frames.want(stack, 20)
  frames.want(stack, 60)
  expect(stopped).toEqual([20, 21, 19])
  await expect.poll(() => kept().length).toBe(17)
  frames.want(stack, 90)
  const before = asked.length
  frames.close()
  await settled()
  await settled()
  expect(asked.length).toBe(before)
})

it('stays inside its memory, the frame that is looked at above all', async () => {
  const { frames, kept } = recorded(10, 35)
  frames.want(stack, 20)
  await expect.poll(kept).toEqual([19, 20, 21])
  frames.want(stack, 50)
  await expect.poll(kept).toEqual([49, 50, 51])
  const large = recorded(100, 35)
  large.frames.want(stack, 20)
  await expect.poll(large.kept).toEqual([20])
})

it('says why a frame is missing, and tries again when it is asked for again', async () => {
  let calls = 0
  const load = () => (calls += 1) === 1 ? Promise.reject(new Error('not there')) : Promise.resolve(raster(1))
  const frames = new Frames(load, () => undefined)
  const one = [{ image: 'a', frame: 0 }]
  frames.want(one, 0)
  await expect.poll(() => frames.fault({ image: 'a', frame: 0 })?.message).toBe('not there')
  frames.want(one, 0)
  await expect.poll(() => frames.at({ image: 'a', frame: 0 })).toBeDefined()
})
