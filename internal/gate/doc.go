// Package gate is a listener for servers that are broken on purpose. Its
// connections can be lost in the two ways in which a region is lost: silently,
// when a network drops its packets, or at once, when the server's process is
// gone. What the server says on its connections is none of its business.
package gate
