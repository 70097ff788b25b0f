package lexlocal

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	modeltypes "github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"
	"github.com/aws/smithy-go"
)

// aliasID looks an alias up by its name, as a client does; "" for none.
func (ts *testServer) aliasID(t *testing.T, name string) string {
	t.Helper()
	list, err := ts.models.ListBotAliases(t.Context(), &lexmodelsv2.ListBotAliasesInput{BotId: flowersBot})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list.BotAliasSummaries {
		if *a.BotAliasName == name {
			return *a.BotAliasId
		}
	}
	return ""
}

// sayTo sends a text to an alias.
func (ts *testServer) sayTo(t *testing.T, aliasID, text string) error {
	t.Helper()
	_, err := ts.runtime.RecognizeText(t.Context(), &lexruntimev2.RecognizeTextInput{
		BotId: flowersBot, BotAliasId: &aliasID, LocaleId: english, SessionId: aws.String("CA0123"), Text: &text,
	})
	return err
}

func TestAliasIsDeletedAndCreatedAgain(t *testing.T) {
	ts := serve(t, nil)
	first := ts.aliasID(t, "ver_one")
	if err := ts.sayTo(t, first, "order flowers"); err != nil {
		t.Fatal(err)
	}
	gone, err := ts.models.DeleteBotAlias(t.Context(), &lexmodelsv2.DeleteBotAliasInput{BotId: flowersBot, BotAliasId: &first})
	if err != nil || gone.BotAliasStatus != modeltypes.BotAliasStatusDeleting || *gone.BotAliasId != first || *gone.BotId != *flowersBot {
		t.Fatalf("DeleteBotAlias = %+v, %v; want %s Deleting", gone, err, first)
	}
	var missing *types.ResourceNotFoundException
	if err := ts.sayTo(t, first, "roses"); !errors.As(err, &missing) || ts.records.last().Status != http.StatusNotFound {
		t.Errorf("RecognizeText after DeleteBotAlias: %v, want ResourceNotFoundException 404", err)
	}
	if id := ts.aliasID(t, "ver_one"); id != "" {
		t.Errorf("ListBotAliases still has ver_one, %s", id)
	}
	var unknown *modeltypes.ResourceNotFoundException
	if _, err := ts.models.DescribeBotAlias(t.Context(), &lexmodelsv2.DescribeBotAliasInput{BotId: flowersBot, BotAliasId: &first}); !errors.As(err, &unknown) {
		t.Errorf("DescribeBotAlias after DeleteBotAlias: %v, want ResourceNotFoundException", err)
	}

	made, err := ts.models.CreateBotAlias(t.Context(), &lexmodelsv2.CreateBotAliasInput{
		BotId: flowersBot, BotAliasName: aws.String("ver_one"), BotVersion: aws.String("1"), Description: aws.String("again"),
		BotAliasLocaleSettings: map[string]modeltypes.BotAliasLocaleSettings{"en_US": {Enabled: true}},
	})
	if err != nil || made.BotAliasStatus != modeltypes.BotAliasStatusCreating || *made.BotVersion != "1" || made.CreationDateTime == nil {
		t.Fatalf("CreateBotAlias = %+v, %v; want version 1 Creating", made, err)
	}
	second := *made.BotAliasId
	if second == first || !idPattern.MatchString(second) || ts.aliasID(t, "ver_one") != second {
		t.Errorf("alias ids %s, then %s, listed %s; want another one that is listed", first, second, ts.aliasID(t, "ver_one"))
	}
	described, err := ts.models.DescribeBotAlias(t.Context(), &lexmodelsv2.DescribeBotAliasInput{BotId: flowersBot, BotAliasId: &second})
	if err != nil || described.BotAliasStatus != modeltypes.BotAliasStatusAvailable || *described.Description != "again" || *described.BotVersion != "1" {
		t.Errorf("DescribeBotAlias = %+v, %v; want it Available", described, err)
	}
	if err := ts.sayTo(t, second, "order flowers"); err != nil {
		t.Errorf("RecognizeText to the new alias: %v", err)
	}
	if err := ts.sayTo(t, first, "roses"); !errors.As(err, &missing) {
		t.Errorf("RecognizeText to the old alias: %v, want ResourceNotFoundException", err)
	}
}

func TestAliasRequestsThatAreRefused(t *testing.T) {
	ts := serve(t, nil)
	create := func(edit func(*lexmodelsv2.CreateBotAliasInput)) error {
		in := &lexmodelsv2.CreateBotAliasInput{BotId: flowersBot, BotAliasName: aws.String("new"), BotVersion: aws.String("1")}
		edit(in)
		_, err := ts.models.CreateBotAlias(t.Context(), in)
		return err
	}
	remove := func(botID, aliasID string) error {
		_, err := ts.models.DeleteBotAlias(t.Context(), &lexmodelsv2.DeleteBotAliasInput{BotId: &botID, BotAliasId: &aliasID})
		return err
	}
	for _, test := range []struct {
		name string
		err  error
		code string
		want string
	}{
		{
			"a name that is taken", create(func(in *lexmodelsv2.CreateBotAliasInput) { in.BotAliasName = aws.String("ver_one") }),
			"PreconditionFailedException", "ver_one",
		},
		{
			"a name that is none", create(func(in *lexmodelsv2.CreateBotAliasInput) { in.BotAliasName = aws.String("ver one") }),
			"ValidationException", "botAliasName",
		},
		{
			"a version that is not there", create(func(in *lexmodelsv2.CreateBotAliasInput) { in.BotVersion = aws.String("2") }),
			"PreconditionFailedException", "botVersion",
		},
		{
			"a locale that is not there", create(func(in *lexmodelsv2.CreateBotAliasInput) {
				in.BotAliasLocaleSettings = map[string]modeltypes.BotAliasLocaleSettings{"fr_FR": {Enabled: true}}
			}), "PreconditionFailedException", "fr_FR",
		},
		{
			"a description too long", create(func(in *lexmodelsv2.CreateBotAliasInput) { in.Description = aws.String(strings.Repeat("x", 201)) }),
			"ValidationException", "description",
		},
		{
			"a bot that is not there", create(func(in *lexmodelsv2.CreateBotAliasInput) { in.BotId = aws.String("NOSUCHBOT1") }),
			"ResourceNotFoundException", "NOSUCHBOT1",
		},
		{"the draft deleted", remove(*flowersBot, *draft), "PreconditionFailedException", DraftAlias},
		{"no alias deleted", remove(*flowersBot, "NOSUCHALI1"), "PreconditionFailedException", "NOSUCHALI1"},
		{"a bad alias id", remove(*flowersBot, "short"), "ValidationException", "short"},
	} {
		told, ok := errors.AsType[smithy.APIError](test.err)
		if !ok || told.ErrorCode() != test.code || !strings.Contains(told.ErrorMessage(), test.want) {
			t.Errorf("%s: %v, want %s with %q", test.name, test.err, test.code, test.want)
		}
	}
	if id := ts.aliasID(t, "new"); id != "" {
		t.Errorf("a refused request made alias %s", id)
	}
}

// TestAliasesAtOnce deletes and creates aliases while others use and list them.
func TestAliasesAtOnce(t *testing.T) {
	a, err := newAliases("FLOWERSBOT", []string{"used"}, friday)
	if err != nil {
		t.Fatal(err)
	}
	used := a.all()[0].ID
	var clients sync.WaitGroup
	ids := make([][]string, 8)
	for n := range ids {
		clients.Go(func() {
			for range 50 {
				made, err := a.create(alias{AliasInfo: AliasInfo{Name: fmt.Sprint("alias", n), Version: firstVersion}})
				if err != nil {
					t.Errorf("create: %v", err)
					return
				}
				ids[n] = append(ids[n], made.ID)
				if _, ok := a.find(used); !ok || len(a.all()) < 3 {
					t.Errorf("%d aliases without the used one", len(a.all()))
				}
				if err := a.remove(made.ID); err != nil {
					t.Errorf("remove: %v", err)
				}
			}
		})
	}
	clients.Wait()
	seen := make(map[string]bool)
	for _, own := range ids {
		for _, id := range own {
			if seen[id] {
				t.Errorf("id %s was given out twice", id)
			}
			seen[id] = true
		}
	}
	if left := a.all(); len(left) != 2 || left[1].Name != DraftAlias {
		t.Errorf("left are %+v, want the used one and %s", left, DraftAlias)
	}
}
