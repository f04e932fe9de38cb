import { describe, expect, it } from 'vitest'
import { csv, matrixOf, matrixPicture, written } from './evaluation'

const cell = (lang: string, truth: string, named: string | null, count: number) => ({ lang, truth, named, count })

describe('a score', () => {
  it('is written with its interval where there is one', () => {
    expect(written({ value: 0.75, interval: [0.6, 0.9] })).toBe('0.750 (0.600–0.900)')
    expect(written({ value: 0.75, interval: null })).toBe('0.750')
    expect(written(null)).toBe('–')
  })
})

describe('the matrix of names', () => {
  const confusion = [cell('en', 'liver', 'liver', 8), cell('en', 'liver', 'spleen', 2), cell('en', 'cyst', null, 3), cell('zh', 'liver', 'liver', 1)]
  it('has what is right on its diagonal, then what is never true, then no name', () => {
    const matrix = matrixOf(confusion, 'en')
    expect(matrix.truths).toEqual(['cyst', 'liver'])
    expect(matrix.named).toEqual(['cyst', 'liver', 'spleen', null])
    expect(matrix.counts).toEqual([[0, 0, 0, 3], [0, 8, 2, 0]])
    expect(matrix.sums).toEqual([3, 10])
  })
  it('is empty where nothing was asked', () => {
    expect(matrixOf(confusion, 'ja')).toEqual({ truths: [], named: [], counts: [], sums: [] })
  })
  it('is a picture in which a name is a text whatever is in it', () => {
    const picture = matrixPicture(matrixOf(confusion, 'en'), (key) => `<b>${key ?? '&'}`, 'names "x"')
    expect(picture).not.toContain('<b>')
    expect(picture).toContain('&#60;b&#62;liver')
    expect(picture.match(/stroke="#ffd43b"/g)).toHaveLength(2)
  })
})

describe('a table as a file', () => {
  it('quotes what would break it, and keeps a formula a text', () => {
    expect(csv([['a', 'b "c"', null], [1.5, 'x,y', '=1+1'], ['-', '两\n行', undefined]])).toBe('a,"b ""c""",\r\n1.5,"x,y",\'=1+1\r\n\'-,"两\n行",\r\n')
  })
})
