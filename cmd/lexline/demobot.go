package main

import "context"

func (d *demo) startBot(ctx context.Context) (*service, error) { return nil, ctx.Err() }
