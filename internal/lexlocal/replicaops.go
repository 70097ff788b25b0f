package lexlocal

import "cmp"

// listBotReplicas answers as Lex does where Global Resiliency is off, which copies a
// bot to another region.
func (q *request) listBotReplicas() error {
	b, err := q.modelsBot()
	if err != nil {
		return err
	}
	if err := q.json(&struct{}{}); err != nil {
		return err
	}
	if err := q.arrived(); err != nil {
		return err
	}
	return q.answerJSON(map[string]any{
		"botId": b.id, "sourceRegion": cmp.Or(q.s.cfg.Region, "local"), "botReplicaSummaries": []any{},
	})
}

func (q *request) describeBotReplica() error {
	b, err := q.modelsBot()
	if err != nil {
		return err
	}
	return notFound("bot %s has no replica in %s: Global Resiliency is off", b.name, q.r.PathValue("replicaRegion"))
}
