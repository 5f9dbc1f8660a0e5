import { describe, expect, it } from 'vitest'
import { Products, parseDraft } from './products.js'
import { shopResource } from './shop.js'

function get(path: string, query = '', products = new Products()) {
  const answer = shopResource(products, path, query)?.get()
  return answer === undefined ? undefined : { status: answer.status, value: JSON.parse(answer.json) }
}

describe('the shop', () => {
  it.each(['/api/productos', '/api/products', '/api/products/'])('lists the assortment at %s', (path) => {
    const answer = get(path)
    expect(answer?.status).toBe(200)
    expect(answer?.value).toHaveLength(20)
    expect(Object.keys(answer?.value[0])).toEqual(['product_id', 'name', 'price', 'stock'])
  })

  it.each([
    ['limit=3', 200, ['ECO-001', 'ECO-002', 'ECO-003']],
    ['limit=2&offset=18', 200, ['ECO-019', 'ECO-020']],
    ['offset=19', 200, ['ECO-020']],
    ['offset=99', 200, []],
    ['limit=0', 200, []],
  ])('lists ?%s', (query, status, ids) => {
    const answer = get('/api/products', query)
    expect(answer?.status).toBe(status)
    expect(answer?.value.map((product: { product_id: string }) => product.product_id)).toEqual(ids)
  })

  it.each(['limit=x', 'limit=-1', 'limit=1001', 'offset=1.5', 'offset='])('refuses ?%s', (query) => {
    expect(get('/api/products', query)?.status).toBe(400)
  })

  it('finds a product by its id', () => {
    expect(get('/api/productos/ECO-007')?.value).toMatchObject({ product_id: 'ECO-007' })
    expect(get('/api/products/ECO-999')?.status).toBe(404)
    expect(get('/api/products/%zz')?.status).toBe(404)
  })

  it.each(['/', '/api', '/api/orders', '/api/products/1/2', '/productos'])('has nothing at %s', (path) => {
    expect(get(path)).toBeUndefined()
  })

  it('creates what it is given, under a free id, and shows it', () => {
    const products = new Products()
    const post = (body: string) => shopResource(products, '/api/products', '')?.post?.(body)
    expect(post('{"product_id":"ECO-021","name":"Nuez","price":5}')?.status).toBe(201)
    const second = post('{"name":"Pera","price":1.5,"stock":4}')
    expect(second?.status).toBe(201)
    expect(JSON.parse(second?.json ?? '')).toEqual({ product_id: 'ECO-022', name: 'Pera', price: 1.5, stock: 4 })
    expect(second?.headers).toEqual(['Location', '/api/products/ECO-022'])
    expect(post('{"product_id":"ECO-021","name":"Nuez","price":5}')?.status).toBe(409)
    expect(get('/api/products/ECO-022', '', products)?.value).toMatchObject({ name: 'Pera' })
    expect(get('/api/products', 'offset=20', products)?.value).toHaveLength(2)
  })

  it.each([
    ['', 'JSON'],
    ['[]', 'object'],
    ['null', 'object'],
    ['{"price":1}', 'name'],
    ['{"name":" ","price":1}', 'name'],
    ['{"name":"x"}', 'price'],
    ['{"name":"x","price":"1"}', 'price'],
    ['{"name":"x","price":-1}', 'price'],
    ['{"name":"x","price":1,"stock":1.5}', 'stock'],
    ['{"name":"x","price":1,"product_id":"a b"}', 'product_id'],
    ['{"name":"x","price":1,"product_id":7}', 'product_id'],
  ])('refuses the body %s and says why', (body, reason) => {
    expect(parseDraft(body)).toContain(reason)
  })
})
