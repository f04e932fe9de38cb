// Pixels onto a canvas: on the GPU where there is one, else by the processor. Both look values up in the same table.
import type { Raster } from './levels'
import { covered, sample, type Picture } from './sample'

export interface Painter {
  readonly kind: 'webgl2' | '2d'
  // False where it cannot show this picture.
  paint(picture: Picture): boolean
}

export function painterOf(canvas: HTMLCanvasElement, software: boolean): Painter | null {
  const gl = software || !hasGpu() ? null : canvas.getContext('webgl2', { alpha: false, antialias: false, depth: false, failIfMajorPerformanceCaveat: true })
  return (gl && onGpu(gl)) ?? byProcessor(canvas)
}

// Renderers that work on the processor. Our own loops draw many times as fast, and some browsers do not count these as a caveat.
const IMITATED = /swiftshader|llvmpipe|softpipe|software|basic render/i
let gpu: boolean | undefined

// Asked of a canvas of its own: one that WebGL was asked of can show nothing else any more.
function hasGpu(): boolean {
  gpu ??= isGpu(document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true }))
  return gpu
}

function isGpu(gl: WebGL2RenderingContext | null): boolean {
  if (!gl) return false
  const named = gl.getExtension('WEBGL_debug_renderer_info')
  const name = String(gl.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : gl.RENDERER))
  gl.getExtension('WEBGL_lose_context')?.loseContext()
  return !IMITATED.test(name)
}

function byProcessor(canvas: HTMLCanvasElement): Painter | null {
  const context = canvas.getContext('2d', { alpha: false })
  let image: ImageData | null = null
  if (!context) return null
  return {
    kind: '2d',
    paint(picture) {
      const { width, height } = picture.screen
      if (image?.width !== width || image.height !== height) image = new ImageData(width, height)
      sample(picture, new Uint32Array(image.data.buffer))
      context.putImageData(image, 0, 0)
      return true
    },
  }
}

const VERTICES = `#version 300 es
void main() {
  // One triangle that covers the screen.
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`
const FRAGMENTS = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D pixels;
uniform sampler2D table;
uniform vec3 view;
uniform vec2 screen;
uniform int covered;
uniform bool colour;
out vec4 shown;
vec3 shade(ivec2 at) {
  uvec4 stored = texelFetch(pixels, at, 0);
  if (colour) return vec3(stored.rgb) / 255.0;
  return vec3(texelFetch(table, ivec2(int(stored.r & 255u), int(stored.r >> 8)), 0).r);
}
void main() {
  ivec2 size = textureSize(pixels, 0);
  vec2 corner = vec2(gl_FragCoord.x - 0.5, screen.y - gl_FragCoord.y - 0.5);
  vec3 sum = vec3(0.0);
  for (int y = 0; y < covered; y++) {
    for (int x = 0; x < covered; x++) {
      vec2 part = (vec2(float(x), float(y)) + 0.5) / float(covered);
      ivec2 at = ivec2(floor((corner + part - view.xy) / view.z));
      if (at.x >= 0 && at.y >= 0 && at.x < size.x && at.y < size.y) sum += shade(at);
    }
  }
  shown = vec4(sum / float(covered * covered), 1.0);
}`

function onGpu(gl: WebGL2RenderingContext): Painter | null {
  const program = linked(gl)
  if (!program) return null
  const at = (name: string) => gl.getUniformLocation(program, name)
  const uniforms = { view: at('view'), screen: at('screen'), covered: at('covered'), colour: at('colour') }
  gl.useProgram(program)
  gl.uniform1i(at('pixels'), 0)
  gl.uniform1i(at('table'), 1)
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1)
  const largest = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number
  const [pixels, shades] = [plainTexture(gl, gl.TEXTURE0), plainTexture(gl, gl.TEXTURE1)]
  let [raster, table]: [Raster | null, Uint8Array | null] = [null, null]
  return {
    kind: 'webgl2',
    paint(picture) {
      if (gl.isContextLost() || Math.max(picture.raster.width, picture.raster.height) > largest) return false
      if (raster !== picture.raster) sendPixels(gl, pixels, picture.raster)
      if (table !== picture.table) sendTable(gl, shades, picture.table)
      ;({ raster, table } = picture)
      const { view, screen } = picture
      gl.viewport(0, 0, screen.width, screen.height)
      gl.uniform3f(uniforms.view, view.x, view.y, view.zoom)
      gl.uniform2f(uniforms.screen, screen.width, screen.height)
      gl.uniform1i(uniforms.covered, covered(view.zoom))
      gl.uniform1i(uniforms.colour, raster.channels === 3 ? 1 : 0)
      gl.drawArrays(gl.TRIANGLES, 0, 3)
      return true
    },
  }
}

function linked(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram()
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTICES], [gl.FRAGMENT_SHADER, FRAGMENTS]] as const) {
    const shader = gl.createShader(kind)
    if (!shader) return null
    gl.shaderSource(shader, text)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null
}

function plainTexture(gl: WebGL2RenderingContext, unit: number): WebGLTexture {
  const texture = gl.createTexture()
  gl.activeTexture(unit)
  gl.bindTexture(gl.TEXTURE_2D, texture)
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST)
  for (const wrap of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, wrap, gl.CLAMP_TO_EDGE)
  return texture
}

function sendPixels(gl: WebGL2RenderingContext, texture: WebGLTexture, { width, height, channels, bits, data }: Raster): void {
  gl.activeTexture(gl.TEXTURE0)
  gl.bindTexture(gl.TEXTURE_2D, texture)
  if (channels === 3) gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8UI, width, height, 0, gl.RGB_INTEGER, gl.UNSIGNED_BYTE, data)
  else if (bits === 16) gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16UI, width, height, 0, gl.RED_INTEGER, gl.UNSIGNED_SHORT, data)
  else gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, width, height, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, data)
}

function sendTable(gl: WebGL2RenderingContext, texture: WebGLTexture, table: Uint8Array): void {
  gl.activeTexture(gl.TEXTURE1)
  gl.bindTexture(gl.TEXTURE_2D, texture)
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, 256, table.length / 256, 0, gl.RED, gl.UNSIGNED_BYTE, table)
}
