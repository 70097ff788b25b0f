// Serves dynalite on a free port of 127.0.0.1 and prints its address. It ends
// when its standard input does, so that it never outlives the test that holds
// the other end, however that ends.
'use strict'

const dynalite = require('dynalite')

const server = dynalite({ createTableMs: 0 })
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))

process.stdin.on('end', () => process.exit(0))
process.stdin.resume()
