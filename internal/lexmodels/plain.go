package lexmodels

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// bookkeeping is what the API says of a resource that is no part of its
// definition. Ids that the definition refers to (slotId, slotTypeId) stay.
var bookkeeping = map[string]bool{
	"botId": true, "botVersion": true, "localeId": true, "intentId": true, "resultMetadata": true,
	"botStatus": true, "botType": true, "failureReasons": true, "roleArn": true, "recommendedActions": true,
	"botLocaleStatus": true, "botLocaleHistoryEvents": true, "intentsCount": true, "slotTypesCount": true,
	"errorLogSettings": true, "parentBotNetworks": true,
}

// plain returns an answer of the API as the JSON object that it came as, by the
// names of its fields, which the SDK writes with a capital. What is empty or
// bookkeeping, and times, are left out.
func plain(answer any) map[string]any {
	object, _ := plainValue(reflect.ValueOf(answer)).(map[string]any)
	for key := range bookkeeping {
		delete(object, key)
	}
	return object
}

func plainValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plainValue(v.Elem())
	case reflect.Struct:
		return plainStruct(v)
	case reflect.Slice:
		list := []any{}
		for i := range v.Len() {
			list = append(list, plainValue(v.Index(i)))
		}
		return list
	case reflect.Map:
		object := map[string]any{}
		for entries := v.MapRange(); entries.Next(); {
			object[entries.Key().String()] = plainValue(entries.Value())
		}
		return object
	case reflect.String:
		return v.String() // also of the SDK's enumerations
	}
	return v.Interface()
}

func plainStruct(v reflect.Value) any {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return nil
	}
	object := map[string]any{}
	for field, value := range v.Fields() {
		if !field.IsExported() || value.IsZero() && value.Kind() != reflect.Bool {
			continue
		}
		if p := plainValue(value); p != nil {
			object[lower(field.Name)] = p
		}
	}
	return object
}

// lower turns BotId to botId: the API's names are the SDK's but for that.
func lower(name string) string {
	first := []rune(name)
	first[0] = unicode.ToLower(first[0])
	return string(first)
}

// name puts the names of slot types in the place of their ids, at any depth.
func name(value any, types map[string]string) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			name(item, types)
		}
	case map[string]any:
		for key, item := range v {
			id, _ := item.(string)
			if known := types[id]; key == "slotTypeId" && known != "" {
				v[key] = known
			}
			name(item, types)
		}
	}
}

// file writes an answer as a file of an export.
func file(files map[string][]byte, path []string, object map[string]any) error {
	text, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("write %s: %w", strings.Join(path, "/"), err)
	}
	files[strings.Join(path, "/")] = text
	return nil
}
